// WP-1 to WP-3: the documented pool, over tasks that end in other turns.
'use strict';
const { AsyncLocalStorage, AsyncResource, createHook } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const { say } = require('../lib/say.js');

const kTaskInfo = Symbol('kTaskInfo');
const kFreed = Symbol('kFreed');
class TaskInfo extends AsyncResource {
  constructor(callback) {
    super('TaskInfo');
    this.callback = callback;
  }
  done(error, result) {
    this.runInAsyncScope(this.callback, null, error, result);
    this.emitDestroy();
  }
}
// A worker that answers in a turn of the loop that is nobody's.
class Worker extends EventEmitter {
  postMessage(task) {
    root(() => setImmediate(() => (task.fails ? this.emit('error', new Error('crashed')) : this.emit('message', task.a + task.b))));
  }
}
const root = AsyncLocalStorage.snapshot();
class Pool extends EventEmitter {
  constructor(size, early) {
    super();
    this.early = early;
    this.free = [];
    this.tasks = [];
    for (let i = 0; i < size; i += 1) this.add();
    this.on(kFreed, () => {
      if (this.tasks.length > 0) {
        const { task, callback, info } = this.tasks.shift();
        this.run(task, callback, info);
      }
    });
  }
  add() {
    const worker = new Worker();
    worker.on('message', (result) => {
      worker[kTaskInfo].done(null, result);
      worker[kTaskInfo] = null;
      this.free.push(worker);
      this.emit(kFreed);
    });
    worker.on('error', (error) => {
      if (worker[kTaskInfo]) worker[kTaskInfo].done(error, null);
      else this.emit('error', error);
      this.add();
    });
    this.free.push(worker);
    this.emit(kFreed);
  }
  // The sample makes the resource when the task is begun; `early`: when it is submitted.
  run(task, callback, info = this.early ? new TaskInfo(callback) : undefined) {
    if (this.free.length === 0) {
      this.tasks.push({ task, callback, info });
      return;
    }
    const worker = this.free.pop();
    worker[kTaskInfo] = info ?? new TaskInfo(callback);
    worker.postMessage(task);
  }
}
const als = new AsyncLocalStorage();
let destroyed = 0;
const ids = new Set();
createHook({ init(id, type) { if (type === 'TaskInfo') ids.add(id); }, destroy(id) { if (ids.has(id)) destroyed += 1; } }).enable();
for (const [label, early] of [['WP-2 as documented', false], ['WP-1 made at submission', true]]) {
  const pool = new Pool(1, early);
  const seen = [];
  for (let i = 0; i < 4; i += 1) als.run(`submitter ${i}`, () => pool.run({ a: i, b: 10 }, (error, result) => { seen.push(`${result} in ${als.getStore()}`); if (seen.length === 4) say(label, seen.join(', ')); }));
}
{
  const pool = new Pool(2, true);
  pool.on('error', () => say('WP-3', 'never'));
  als.run('crashes', () => pool.run({ fails: true }, (error, result) => say('WP-3', error.message, result, als.getStore(), pool.free.length)));
  als.run('goes on', () => pool.run({ a: 1, b: 2 }, (error, result) => say('WP-3', error, result, als.getStore())));
  als.run('on the new one', () => pool.run({ a: 3, b: 4 }, (error, result) => say('WP-3', error, result, als.getStore())));
}
process.once('beforeExit', () => setImmediate(() => setImmediate(() => say('WP-1', ids.size, destroyed))));
