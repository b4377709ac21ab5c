// EE-15: when a leak is suspected.
const { EventEmitter } = require('node:events');
process.removeAllListeners('warning'); // Node's own, which prints
process.on('warning', ({ name, count, type }) => console.log(`${name}: ${count} ${type}`));
const add = (emitter, name, n) => { for (let i = 0; i < n; i++) emitter.on(name, () => {}); };
const next = () => new Promise(setImmediate);

(async () => {
  const emitter = new EventEmitter();
  console.log(emitter.getMaxListeners());
  add(emitter, 'ten', 10);
  await next();
  add(emitter, 'twelve', 12);
  await next();
  add(emitter, 'ten', 1);
  await next();
  emitter.removeAllListeners('ten');
  add(emitter, 'ten', 11);
  await next();
  const few = new EventEmitter();
  few.setMaxListeners(1);
  console.log(few.getMaxListeners());
  add(few, 'one', 1);
  await next();
  console.log('one more');
  add(few, 'one', 1);
  await next();
  const many = new EventEmitter();
  many.setMaxListeners(0);
  add(many, 'any', 100);
  await next();
  EventEmitter.defaultMaxListeners = 2;
  console.log(emitter.getMaxListeners(), few.getMaxListeners(), many.getMaxListeners());
  add(emitter, 'three', 3);
  await next();
})();
