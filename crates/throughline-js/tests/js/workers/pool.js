// WP-1 to WP-3: the pool of the documentation, with one worker, so that tasks wait for each other: whose context each callback runs in.
const { AsyncLocalStorage, createHook, executionAsyncResource } = require('node:async_hooks');
const WorkerPool = require('./pool/worker_pool.js');
const als = new AsyncLocalStorage();
const told = [];
const destroyed = [];
const ids = new Map();
createHook({
  init(id, type) { if (type === 'WorkerPoolTaskInfo') { ids.set(id, ids.size); told.push(`init ${ids.get(id)} in ${als.getStore()}`); } },
  before(id) { if (ids.has(id)) told.push(`before ${ids.get(id)}`); },
  after(id) { if (ids.has(id)) told.push(`after ${ids.get(id)}`); },
  // When is the loop's to say, and answers come in between.
  destroy(id) { if (ids.has(id)) destroyed.push(ids.get(id)); },
}).enable();
const pool = als.run('pool', () => new WorkerPool(1));
let left = 5;
for (let i = 0; i < 5; i += 1) {
  als.run(`submitter ${i}`, () => {
    // The fourth makes the worker throw.
    const task = i === 3 ? null : { a: i, b: 100 };
    pool.runTask(task, (error, result) => {
      console.log(i, error && `${error.name}: ${/null/.test(error.message)}`, result, als.getStore(), executionAsyncResource().constructor.name);
      left -= 1;
      if (left > 0) return;
      pool.close();
      setTimeout(() => console.log(`${told.join('\n')}\ndestroyed ${destroyed}`), 20);
    });
  });
}
