// Handled too late.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const p = Promise.reject(new Error('x'));
setTimeout(() => p.catch(() => console.log('never')), 1);
