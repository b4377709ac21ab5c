// A handler keeps the process going.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtException', (error, origin) => console.log('handler', error.message, origin));
setTimeout(() => console.log('goes on'), 2);
setImmediate(() => { throw new Error('one'); });
setImmediate(() => { throw new Error('two'); });
process.nextTick(() => { throw new Error('three'); });
process.nextTick(() => console.log('the next tick'));
queueMicrotask(() => { throw new Error('four'); });
queueMicrotask(() => console.log('the next microtask'));
throw new Error('zero');
