// RES-8, RES-11, RES-12: bound functions.
const { AsyncResource, AsyncLocalStorage, createHook } = require('node:async_hooks');
const { say, hook, name, executing } = require('./common.js');
const storage = new AsyncLocalStorage();
hook('hook', ['before', 'after']).enable();
const where = () => `${executing()} ${storage.getStore() ?? 'nothing'}`;

const resource = storage.run('ada', () => name('HN_BOUND', new AsyncResource('HN_BOUND')));
const bound = resource.bind((a, b) => { say(`called in ${where()}`); return a + b; });
say(bound(1, 2));
say(storage.run('eve', () => bound(3, 4)));
const throws = resource.bind(() => { throw new Error('up'); });
try { throws(); } catch (error) { say(`caught ${error.message} in ${where()}`); }

let type;
createHook({ init(id, t) { type = t; } }).enable();
const typed = storage.run('bob', () => AsyncResource.bind(() => say(storage.getStore()), 'HN_TYPED'));
say(type);
typed();
AsyncResource.bind((() => () => {})());
say(type);
