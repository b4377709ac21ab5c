// In a timer: what ran before has run, what would run later does not.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
setTimeout(() => console.log('before'), 1);
setTimeout(() => { queueMicrotask(() => console.log('never')); throw new Error('in a timer'); }, 2);
setTimeout(() => console.log('never'), 20);
