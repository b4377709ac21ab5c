// RES-9, RES-10, HK-12, HK-20: destroy events come later, in order, to the hooks that are enabled then.
const { AsyncResource } = require('node:async_hooks');
const { say, hook, name } = require('./common.js');
const make = (type) => name(type, new AsyncResource(type, { requireManualDestroy: true }));

const lost = make('HN_LOST');
lost.emitDestroy();
const first = hook('first', ['destroy'], {
  destroy(name) { if (name === 'HN_2') make('HN_IN_A_HOOK').emitDestroy(); },
}).enable();
const second = hook('second', ['destroy']).enable();
const resources = ['HN_1', 'HN_2', 'HN_3'].map(make);
make('HN_OUTER').runInAsyncScope(() => {
  resources[1].emitDestroy();
  resources[0].emitDestroy();
  resources[2].runInAsyncScope(() => {
    resources[2].emitDestroy();
    say('asked for in its own callback');
  });
  second.disable();
  say('callback');
});
setImmediate(() => say('end'));
