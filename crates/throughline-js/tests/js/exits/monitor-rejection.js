// The monitor of a rejection.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtExceptionMonitor', (error, origin) => console.log('monitor', error.message, origin));
Promise.reject(new Error('monitored'));
