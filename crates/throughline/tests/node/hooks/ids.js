// RES-2, RES-4, HK-11, HK-12, ID-3, ID-4, ID-5: whose callback runs, and what caused it.
const { AsyncResource, executionAsyncResource } = require('node:async_hooks');
const { say, hook, nameOf, executing, trigger } = require('./common.js');
const where = (what) => () => say(`  ${what}: execution ${executing()}, trigger ${trigger()}`);
hook('hook', ['init', 'before', 'after', 'destroy'], {
  init(name, triggerId) { where(`caused by ${triggerId === 111 ? 111 : nameOf(triggerId)}`)(); },
  before: where('before'),
  after: where('after'),
  destroy: where('destroy'),
}).enable();
const make = (type, options) => new AsyncResource(type, { requireManualDestroy: true, ...options });

where('main')();
const one = make('HN_A');
let two;
one.runInAsyncScope(() => {
  where('callback')();
  two = make('HN_B');
  make('HN_C');
});
two.runInAsyncScope(() => {
  where('callback')();
  make('HN_D', { triggerAsyncId: one.asyncId() }).runInAsyncScope(where('callback'));
  make('HN_E', { triggerAsyncId: 111 });
  say(executionAsyncResource() === two);
});
say(nameOf(two.triggerAsyncId()));
one.runInAsyncScope(() => two.runInAsyncScope(() => make('HN_F')));
one.runInAsyncScope(() => two.emitDestroy());
setImmediate(() => say('end'));
