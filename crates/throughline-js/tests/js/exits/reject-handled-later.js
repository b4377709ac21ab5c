// Handled in time: in the same turn.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const p = Promise.reject(new Error('x'));
process.nextTick(() => p.catch((error) => console.log('caught', error.message)));
const q = Promise.reject(new Error('y'));
queueMicrotask(() => q.catch((error) => console.log('caught', error.message)));
