// HK-7, HK-8, HK-10: hooks that are enabled, or disabled, in the midst of things.
const { AsyncResource } = require('node:async_hooks');
const { say, hook, name } = require('./common.js');
const late = hook('late', ['init', 'before', 'after', 'destroy']);
const resource = name('HN_UNSEEN', new AsyncResource('HN_UNSEEN', { requireManualDestroy: true }));

resource.runInAsyncScope(() => {
  say('enabled in a callback');
  late.enable();
});
resource.runInAsyncScope(() => say('enabled'));
resource.runInAsyncScope(() => {
  say('disabled in a callback');
  late.disable();
});
resource.runInAsyncScope(() => {
  late.enable();
  say('an inner callback');
  resource.runInAsyncScope(() => say('inner'));
  late.disable();
});
late.enable();
new AsyncResource('HN_NEVER_RUN');
resource.emitDestroy();
setImmediate(() => say('end'));
