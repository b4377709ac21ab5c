// RES-9: what we do otherwise: a destroyed resource destroyed again, and run.
const { AsyncResource, AsyncLocalStorage } = require('node:async_hooks');
const { say, hook, name } = require('./common.js');
const storage = new AsyncLocalStorage();
hook('hook', ['before', 'after', 'destroy']).enable();

const resource = storage.run('ada', () => name('HN_TWICE', new AsyncResource('HN_TWICE', { requireManualDestroy: true })));
resource.emitDestroy();
resource.emitDestroy();
resource.runInAsyncScope(() => say(storage.getStore()));
setImmediate(() => say('end'));
