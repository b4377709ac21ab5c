'use strict';
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId, triggerAsyncId } = require('node:async_hooks');
// LISTING
const als = new AsyncLocalStorage();
const told = [];
const queries = new Map();
createHook({
  init(id, type) { if (type === 'DBQuery') { queries.set(id, queries.size + 1); told.push(`init ${queries.get(id)}`); } },
  before(id) { if (queries.has(id)) told.push(`before ${queries.get(id)}`); },
  after(id) { if (queries.has(id)) told.push(`after ${queries.get(id)}`); },
  destroy(id) { if (queries.has(id)) told.push(`destroy ${queries.get(id)}`); },
}).enable();
// A database with one connection, which answers its queries one after the other, in a context of its own.
class Database {
  #queue = [];
  #isBusy = false;
  get(query, callback) {
    this.#queue.push({ query, callback });
    if (!this.#isBusy) als.run('connection', () => this.#next());
  }
  #next() {
    const job = this.#queue.shift();
    this.#isBusy = job !== undefined;
    if (job === undefined) return;
    setImmediate(() => {
      job.callback(job.query === 'bad' ? new Error('no such table') : null, job.query.toUpperCase());
      this.#next();
    });
  }
}
const database = new Database();
let left = 4;
['one', 'two', 'bad', 'three'].forEach((query, i) => {
  als.run(`request ${i}`, () => {
    const info = new DBQuery(database);
    info.getInfo(query, function (error, data) {
      console.log(query, error === null ? data : error.message, this, als.getStore(), executionAsyncId() === info.asyncId(), triggerAsyncId() === info.triggerAsyncId());
      info.close();
      console.log(info.db);
      left -= 1;
      if (left === 0) setImmediate(() => setImmediate(() => console.log(told.join(', '))));
    });
  });
});
