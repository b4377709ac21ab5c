// EE-17: what becomes of the errors of async listeners.
const { EventEmitter } = require('node:events');
const { AsyncLocalStorage } = require('node:async_hooks');
const storage = new AsyncLocalStorage();
const next = () => new Promise(setImmediate);
process.on('uncaughtException', (error) => console.log('nobody listens for', error.message));
process.on('unhandledRejection', (error) => console.log('nobody listens for', error.message));

(async () => {
  const emitter = new EventEmitter({ captureRejections: true });
  emitter.on('tick', async (n) => { if (n > 1) throw new Error(`tick ${n}`); });
  const handle = (error) => console.log('handled', error.message, 'in', storage.getStore());
  emitter.on('error', handle);
  emitter.emit('tick', 1);
  await next();
  storage.run('the emission', () => emitter.emit('tick', 2));
  console.log('emitted');
  await next();
  emitter.off('error', handle);
  emitter.emit('tick', 3);
  await next();
  emitter.on('error', async (error) => {
    console.log('fails at', error.message);
    throw new Error('handler');
  });
  emitter.emit('tick', 4);
  await next();
})();
