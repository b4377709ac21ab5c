// ALS-4 to ALS-6: reading.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say, outcome } = require('../lib/say.js');

const plain = new AsyncLocalStorage();
const withDefault = new AsyncLocalStorage({ defaultValue: 'default' });
const explicit = new AsyncLocalStorage({ defaultValue: undefined });

say('ALS-6', plain.getStore(), withDefault.getStore(), explicit.getStore());
withDefault.run(undefined, () => say('ALS-4', 'run(undefined)', withDefault.getStore()));
withDefault.run(null, () => say('ALS-4', 'run(null)', withDefault.getStore()));
withDefault.run('default', () => say('ALS-4', 'run(default)', withDefault.getStore()));
say('ALS-4', 'after', withDefault.getStore());
plain.run(0, () => say('ALS-4', plain.getStore()));
for (const store of [false, '', NaN, -0, 10n, Symbol.for('s')]) plain.run(store, () => say('ALS-4', Object.is(plain.getStore(), store)));

const store = { count: 0, self: null };
store.self = store;
plain.run(store, () => {
  plain.getStore().count += 1;
  setTimeout(() => {
    plain.getStore().count += 1;
    say('ALS-5', plain.getStore() === store, store.count, plain.getStore().self === store);
  }, 1);
  Promise.resolve().then(() => (plain.getStore().count += 1));
});
plain.run(Object.freeze({ frozen: true }), () => say('ALS-5', outcome(() => plain.getStore())));
const f = () => 'a function';
plain.run(f, () => say('ALS-5', plain.getStore() === f, plain.getStore()()));
// Exotic stores are handed out as they are, and nobody asks them anything.
const quiet = new Proxy({}, { get() { throw new Error('asked'); }, has() { throw new Error('asked'); }, ownKeys() { throw new Error('asked'); } });
plain.run(quiet, () => say('ALS-5', plain.getStore() === quiet));
const thenable = { then() { throw new Error('asked'); } };
(async () => plain.run(thenable, () => say('ALS-5', plain.getStore() === thenable)))();

// Everywhere: in getters, in constructors, in a generator, in a sort, a replace, a JSON.stringify, a Proxy, a tagged template.
plain.run('here', async () => {
  const said = [];
  const note = (where) => said.push(`${where}=${plain.getStore()}`);
  ({ get a() { note('getter'); return 1; } }).a;
  new (class { constructor() { note('constructor'); } static { note('static block'); } #f = note('field'); })();
  [2, 1].sort((a, b) => (said.length < 5 && note('sort'), a - b));
  'x'.replace(/x/, () => (note('replace'), 'y'));
  JSON.stringify({ toJSON: () => note('toJSON') });
  JSON.parse('[1]', (_, v) => (said.length < 9 && note('reviver'), v));
  new Proxy({}, { get: () => note('proxy') }).x;
  ((strings) => note('tag'))`t`;
  [...(function* () { note('generator'); yield 1; })()];
  Array.from({ length: 1 }, () => note('Array.from'));
  new Promise(() => note('executor'));
  Reflect.apply(() => note('Reflect.apply'), null, []);
  (() => { try { throw 1; } catch { note('catch'); } finally { note('finally'); } })();
  eval('note("eval")');
  new Function('note', 'note("Function")')(note);
  await { then: (resolve) => { note('thenable'); resolve(); } };
  for await (const each of (async function* () { note('async generator'); yield 1; })()) note('for await');
  say('ALS-6', said.join(' '));
});
setTimeout(() => say('ALS-6', 'outside', plain.getStore()), 1);
