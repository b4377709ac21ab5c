// Only the last of a chain is unhandled.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('unhandledRejection', (reason, promise) => console.log('unhandled', reason, promise === last));
const first = Promise.reject('x');
const second = first.then(() => {});
const last = second.finally(() => {});
