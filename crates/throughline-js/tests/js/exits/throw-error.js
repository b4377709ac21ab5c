// An exception that nobody catches.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
setTimeout(() => console.log('never'), 1);
process.nextTick(() => console.log('never'));
throw new Error('at the top');
