// WP-2: the worker pool of Node's documentation ("Using AsyncResource for a Worker thread pool"), with one worker and four
// submitters. It makes a task's resource when a worker gets to the task: those that had to wait lose their submitter's store.
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');

if (!isMainThread) {
  parentPort.on('message', (task) => {
    if (task.fail) throw new Error('task failed');
    parentPort.postMessage(task.a + task.b);
  });
  return;
}

const kTaskInfo = Symbol('kTaskInfo');
const kWorkerFreedEvent = Symbol('kWorkerFreedEvent');

class WorkerPoolTaskInfo extends AsyncResource {
  constructor(callback) {
    super('WorkerPoolTaskInfo');
    this.callback = callback;
  }

  done(err, result) {
    this.runInAsyncScope(this.callback, null, err, result);
    this.emitDestroy();
  }
}

class WorkerPool extends EventEmitter {
  constructor(numThreads) {
    super();
    this.workers = [];
    this.freeWorkers = [];
    this.tasks = [];
    for (let i = 0; i < numThreads; i++) this.addNewWorker();
    this.on(kWorkerFreedEvent, () => {
      if (this.tasks.length > 0) {
        const { task, callback } = this.tasks.shift();
        this.runTask(task, callback);
      }
    });
  }

  addNewWorker() {
    const worker = new Worker(__filename);
    worker.on('message', (result) => {
      worker[kTaskInfo].done(null, result);
      worker[kTaskInfo] = null;
      this.freeWorkers.push(worker);
      this.emit(kWorkerFreedEvent);
    });
    worker.on('error', (err) => {
      if (worker[kTaskInfo]) worker[kTaskInfo].done(err, null);
      else this.emit('error', err);
      this.workers.splice(this.workers.indexOf(worker), 1);
      this.addNewWorker();
    });
    this.workers.push(worker);
    this.freeWorkers.push(worker);
    this.emit(kWorkerFreedEvent);
  }

  runTask(task, callback) {
    if (this.freeWorkers.length === 0) {
      this.tasks.push({ task, callback });
      return;
    }
    const worker = this.freeWorkers.pop();
    worker[kTaskInfo] = new WorkerPoolTaskInfo(callback);
    worker.postMessage(task);
  }

  close() {
    for (const worker of this.workers) worker.terminate();
  }
}

const request = new AsyncLocalStorage();
const pool = new WorkerPool(1);
let left = 4;
for (let id = 1; id <= 4; id++) {
  request.run(id, () => pool.runTask({ a: id, b: 10, fail: id === 3 }, (err, sum) => {
    console.log(`task ${id}: ${err ? err.message : sum}, store ${request.getStore()}`);
    if (--left === 0) pool.close();
  }));
}
