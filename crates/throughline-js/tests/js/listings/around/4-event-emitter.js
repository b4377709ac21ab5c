'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const als = new AsyncLocalStorage();
const requests = [];
for (let i = 0; i < 3; i += 1) {
  als.run(`request ${i}`, () => {
    const req = new EventEmitter();
    requests.push(req);
    req.on('close', () => console.log('plain', i, als.getStore()));
// LISTING
    req.on('close', AsyncResource.bind(() => console.log('bound', i, als.getStore())));
  });
}
// Closed by somebody else, in another context, and in another order.
als.run('the socket', () => setImmediate(() => requests.reverse().forEach((req) => console.log(req.emit('close'), als.getStore()))));
