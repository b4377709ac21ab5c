// RES-1 to RES-5: how a resource is made.
'use strict';
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } = require('node:async_hooks');
const { say, outcome } = require('../lib/say.js');
const { watch } = require('../lib/watch.js');

for (const type of [undefined, null, 1, {}, Symbol('s'), [], () => {}, true]) say('RES-1', outcome(() => new AsyncResource(type)));
say('RES-1', 'without a hook', typeof new AsyncResource('').asyncId());
{
  const hook = createHook({ before() {} }).enable();
  say('RES-1', 'with another hook', outcome(() => typeof new AsyncResource('').asyncId()));
  hook.disable();
}
const init = createHook({ init() {} }).enable();
say('RES-1', 'with an init hook', outcome(() => new AsyncResource('')));
init.disable();
say('RES-1', 'without again', outcome(() => typeof new AsyncResource('').asyncId()), AsyncResource.length, outcome(() => AsyncResource('x')));

for (const trigger of [undefined, null, -2, -1, 0, 1, 1.5, '1', NaN, Infinity, 2 ** 53, 2 ** 53 - 1, 111, {}, 10n, true]) {
  say('RES-2', String(trigger), outcome(() => new AsyncResource('R', { triggerAsyncId: trigger }).triggerAsyncId() === (trigger ?? executionAsyncId())));
}
for (const trigger of [-2, -1, 0, 5, 1.5, NaN]) say('RES-2', 'a number', trigger, outcome(() => new AsyncResource('R', trigger).triggerAsyncId()));
for (const options of [null, undefined, 'text', true, [], Symbol('s'), { requireManualDestroy: 1 }]) say('RES-2', 'options', outcome(() => new AsyncResource('R', options).triggerAsyncId() === executionAsyncId()));

say('RES-3', outcome(() => new AsyncResource(1, { triggerAsyncId: -5 })));
init.enable();
say('RES-3', outcome(() => new AsyncResource('', { triggerAsyncId: -5 })));
{
  const before = new AsyncResource('R').asyncId();
  outcome(() => new AsyncResource(''));
  say('RES-3', 'ids used by a refused type', new AsyncResource('R').asyncId() - before - 1);
  outcome(() => new AsyncResource('R', -5));
  say('RES-3', 'ids used by a refused trigger', new AsyncResource('R').asyncId() - before - 2);
}
init.disable();

class Sub extends AsyncResource {
  field = 'set later';
  constructor() {
    super('SUB');
    this.own = 1;
  }
}
{
  const seen = [];
  const hook = createHook({ init(id, type, trigger, resource) { seen.push([type, resource instanceof Sub, resource.field, resource.own, resource.asyncId() === id, trigger === executionAsyncId()]); } }).enable();
  const sub = new Sub();
  hook.disable();
  say('RES-4', seen, sub.field, sub.asyncId() > 0, sub.triggerAsyncId() === executionAsyncId());
}
{
  const als = new AsyncLocalStorage();
  const resource = als.run('made', () => new AsyncResource('R'));
  als.run('later', () => resource.runInAsyncScope(() => say('RES-4', als.getStore())));
}
say('RES-4', Object.getOwnPropertyNames(AsyncResource.prototype).sort().join(), Object.getOwnPropertyNames(AsyncResource).sort().join(), Object.keys(new AsyncResource('R')).join());
{
  const ids = Array.from({ length: 5 }, () => new AsyncResource('R').asyncId());
  say('RES-4', ids.map((id) => id - ids[0]));
}
say('RES-2', outcome(() => new AsyncResource('R', { get triggerAsyncId() { throw new Error('getter'); } })));
say('RES-4', outcome(() => new AsyncResource('R').asyncId.call({})), outcome(() => AsyncResource.prototype.triggerAsyncId.call({})));
{
  // Two resources in each other's `init`.
  const w = watch({ types: ['OUTER', 'INNER'] });
  const hook = createHook({ init(id, type) { if (type === 'OUTER') new AsyncResource('INNER'); } });
  w.enable();
  hook.enable();
  new AsyncResource('OUTER');
  hook.disable();
  w.disable();
  w.print('RES-4');
}
