// `--trace-async`: what happens to resources, a line of JSON each, on standard error.
//
// Required as `internal/trace`.
'use strict';

const { createHook, executionAsyncId } = require('node:async_hooks');

function tell(event, id, more) {
  const time = Math.round(internal.now() * 1000) / 1000;
  internal.write(2, `${JSON.stringify({ time, event, id, ...more })}\n`);
}

function start() {
  createHook({
    init: (id, type, trigger) => tell('init', id, { type, trigger, execution: executionAsyncId() }),
    before: (id) => tell('before', id),
    after: (id) => tell('after', id),
    destroy: (id) => tell('destroy', id),
    promiseResolve: (id) => tell('promiseResolve', id),
  }).enable();
}

module.exports = { start };
