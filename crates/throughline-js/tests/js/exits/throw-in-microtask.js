// In a microtask.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
queueMicrotask(() => { throw new Error('in a microtask'); });
setImmediate(() => console.log('never'));
