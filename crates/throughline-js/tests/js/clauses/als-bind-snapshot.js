// ALS-29 to ALS-31: `bind` and `snapshot`.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { say, outcome, sees } = require('../lib/say.js');
const { watch } = require('../lib/watch.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();

for (const bad of [undefined, null, 1, 'text', {}, Symbol('s')]) say('ALS-29', outcome(() => AsyncLocalStorage.bind(bad)));
say('ALS-29', outcome(() => AsyncLocalStorage.bind()), AsyncLocalStorage.bind.length, AsyncLocalStorage.snapshot.length);
const watched = watch({ types: ['named', 'bound-anonymous-fn', ''] }).enable();
function named() {}
AsyncLocalStorage.bind(named);
AsyncLocalStorage.bind(() => {});
AsyncLocalStorage.snapshot();
AsyncResource.bind(function () {});
const bound = AsyncLocalStorage.bind(named);
bound();
bound();
watched.print('ALS-29');
watched.disable();

const whole = als.run(1, () => other.run(2, () => AsyncLocalStorage.bind(() => sees(als, other))));
say('ALS-29', whole(), sees(als, other), als.run('x', whole));

const snapshot = als.run('kept', () => AsyncLocalStorage.snapshot());
say('ALS-30', snapshot((...args) => [als.getStore(), args], 1, 2), als.getStore());
say('ALS-30', snapshot(function () { return this === undefined; }), snapshot.length, typeof snapshot);
say('ALS-30', outcome(() => snapshot()), outcome(() => snapshot(1)), outcome(() => snapshot(() => { throw new Error('through'); })), als.getStore());
say('ALS-30', als.run('here', () => { const seen = snapshot(() => als.getStore()); return [seen, als.getStore()]; }));
snapshot(() => als.enterWith('does not stick'));
say('ALS-30', snapshot(() => als.getStore()), als.getStore());
say('ALS-30', snapshot(() => snapshot(() => als.getStore())), snapshot.call('this', () => als.getStore()));
const nothing = AsyncLocalStorage.snapshot();
als.run('v', () => say('ALS-30', 'of nothing', nothing(() => als.getStore()), als.getStore()));
snapshot(() => { setTimeout(() => say('ALS-30', 'timer inside', als.getStore()), 1); });
snapshot(async () => { await null; say('ALS-30', 'await inside', als.getStore()); });

const f = AsyncLocalStorage.bind(function (a, b, c) { return [this, a, b, c]; });
say('ALS-31', f.length, f.name, f.call('receiver', 1, 2));
say('ALS-31', Object.getOwnPropertyDescriptor(f, 'length'), Object.getOwnPropertyNames(f).sort().join());
say('ALS-31', outcome(() => new f()) === outcome(() => 0) ? 'a number' : typeof f);
const method = { name: 'object', m: AsyncLocalStorage.bind(function () { return this.name; }) };
say('ALS-31', method.m());
say('ALS-31', AsyncLocalStorage.bind((...rest) => rest.length)(1, 2, 3), AsyncLocalStorage.bind(async () => als.getStore())() instanceof Promise);
say('ALS-31', 'asyncResource' in f);
