// ID-1 to ID-7.
'use strict';
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId, triggerAsyncId, executionAsyncResource, asyncWrapProviders } = require('node:async_hooks');
const { say, outcome, tick } = require('../lib/say.js');

say('ID-1', executionAsyncId(), triggerAsyncId());
const gap = (body) => { const before = new AsyncResource('R').asyncId(); body(); return new AsyncResource('R').asyncId() - before - 1; };
say('ID-1', 'microtask without anything', gap(() => queueMicrotask(() => {})));
say('ID-1', 'used by nothing', gap(() => {}));
say('ID-1', 'a timer', gap(() => clearTimeout(setTimeout(() => {}, 1))));
say('ID-1', 'an immediate', gap(() => clearImmediate(setImmediate(() => {}))));
say('ID-1', 'a tick', gap(() => process.nextTick(() => {})));
say('ID-1', 'a promise', gap(() => Promise.resolve().then(() => {})));
say('ID-1', 'an async function', gap(() => { (async () => { await null; })(); }));
say('ID-1', 'a resource', gap(() => new AsyncResource('X')));
say('ID-1', 'bind', gap(() => AsyncResource.bind(() => {})));
say('ID-1', 'snapshot', gap(() => AsyncLocalStorage.snapshot()));
say('ID-1', 'run', gap(() => new AsyncLocalStorage().run(1, () => {})));
say('ID-1', 'microtask in a run', gap(() => new AsyncLocalStorage().run(1, () => queueMicrotask(() => {}))));
say('ID-1', 'emitter of a resource', gap(() => new (require('node:events').EventEmitterAsyncResource)('E')));
say('ID-1', 'reading ids', gap(() => { executionAsyncId(); triggerAsyncId(); executionAsyncResource(); }));
{
  const hook = createHook({ init() {} }).enable();
  say('ID-1', 'a promise, tracked', gap(() => Promise.resolve().then(() => {})));
  hook.disable();
}
say('ID-1', Number.isSafeInteger(new AsyncResource('R').asyncId()), executionAsyncId.length, triggerAsyncId.length);

say('ID-5', executionAsyncResource() === executionAsyncResource(), Object.keys(executionAsyncResource()).join(), Object.getPrototypeOf(executionAsyncResource()) === Object.prototype);
executionAsyncResource().kept = 1;
say('ID-5', executionAsyncResource().kept);
delete executionAsyncResource().kept;
setTimeout(function () { say('ID-5', executionAsyncResource() === this, executionAsyncResource().constructor.name); }, 1);
setImmediate(function () { say('ID-5', executionAsyncResource() === this, executionAsyncResource().constructor.name); });
process.nextTick(() => say('ID-5', typeof executionAsyncResource().callback, executionAsyncResource().constructor.name));
new AsyncResource('R').runInAsyncScope(() => { executionAsyncResource().own = 1; say('ID-5', executionAsyncResource().own, executionAsyncResource() instanceof AsyncResource); });

{
  const parent = executionAsyncId();
  const ids = [];
  process.nextTick(() => ids.push(triggerAsyncId()));
  process.nextTick(() => { ids.push(triggerAsyncId()); say('ID-4', ids.every((id) => id === parent)); });
  setTimeout(() => say('ID-4', triggerAsyncId() === parent), 1);
  const r = new AsyncResource('R');
  say('ID-6', r.triggerAsyncId() === parent);
  r.runInAsyncScope(() => {
    say('ID-6', new AsyncResource('S').triggerAsyncId() === r.asyncId(), triggerAsyncId() === parent);
    setTimeout(() => say('ID-3', triggerAsyncId() === r.asyncId()), 1);
    process.nextTick(() => say('ID-3', triggerAsyncId() === r.asyncId()));
  });
  say('ID-6', new AsyncResource('S', { triggerAsyncId: r.asyncId() }).triggerAsyncId() === r.asyncId());
}
{
  let deepest = 0;
  const nest = (n) => { deepest = n; if (n < 1500) new AsyncResource('N').runInAsyncScope(() => { const id = executionAsyncId(); nest(n + 1); if (executionAsyncId() !== id) say('ID-7', 'lost', n); }); };
  nest(0);
  say('ID-7', deepest, executionAsyncId());
}
say('ID-1', Object.isFrozen(asyncWrapProviders), Object.getPrototypeOf(asyncWrapProviders), Object.keys(asyncWrapProviders).length, asyncWrapProviders.NONE, asyncWrapProviders.PROMISE, outcome(() => { asyncWrapProviders.X = 1; return 'taken'; }));
say('ID-1', Object.entries(asyncWrapProviders).map(([name, number]) => `${name}=${number}`).join());
(async () => {
  await tick();
  await Promise.resolve().then(() => say('ID-3', 'in a then without hooks', executionAsyncId(), triggerAsyncId(), executionAsyncResource() === executionAsyncResource()));
  process.on('exit', () => say('ID-1', 'exit', executionAsyncId(), triggerAsyncId()));
})();
