// With both handlers the rejection is not uncaught.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtException', () => console.log('never'));
process.on('unhandledRejection', (reason) => console.log('unhandled', reason));
Promise.reject('text');
