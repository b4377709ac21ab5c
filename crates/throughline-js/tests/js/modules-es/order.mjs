// In a module, microtasks come before ticks.
import process from 'node:process';
const log = [];
process.nextTick(() => log.push('tick'));
Promise.resolve().then(() => log.push('micro')).then(() => { process.nextTick(() => log.push('tick 2')); queueMicrotask(() => log.push('micro 2')); });
queueMicrotask(() => log.push('queueMicrotask'));
setImmediate(() => { process.nextTick(() => log.push('tick of an immediate')); queueMicrotask(() => log.push('micro of an immediate')); });
await null;
log.push('after await');
process.nextTick(() => log.push('tick after await'));
queueMicrotask(() => log.push('micro after await'));
await new Promise((resolve) => { setImmediate(() => setImmediate(resolve)); });
process.nextTick(() => log.push('tick after a turn'));
queueMicrotask(() => log.push('micro after a turn'));
process.on('exit', () => console.log(log.join(' ')));
