// A rejection becomes an uncaught exception.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtException', (error, origin) => console.log('uncaught', error?.code, error?.message, origin));
Promise.reject(new Error('x'));
Promise.reject('text');
setTimeout(() => console.log('goes on'), 1);
