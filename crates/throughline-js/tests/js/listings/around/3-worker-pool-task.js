'use strict';
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId } = require('node:async_hooks');
// LISTING
const als = new AsyncLocalStorage();
const tasks = new Set();
let destroyed = 0;
createHook({ init(id, type) { if (type === 'WorkerPoolTaskInfo') tasks.add(id); }, destroy(id) { if (tasks.has(id)) destroyed += 1; } }).enable();
const outside = AsyncLocalStorage.snapshot();
// What a worker answers comes from nobody's context.
function answer(info, error, result) {
  outside(() => setImmediate(() => info.done(error, result)));
}
let left = 5;
for (let i = 0; i < 5; i += 1) {
  als.run({ task: i }, () => {
    const info = new WorkerPoolTaskInfo(function (error, result) {
      console.log(i, error && error.message, result, als.getStore(), this, executionAsyncId() === info.asyncId());
      left -= 1;
      if (left === 0) setImmediate(() => setImmediate(() => console.log(tasks.size, destroyed)));
    });
    answer(info, i === 3 ? new Error('failed') : null, i * i);
  });
}
