// The monitor is told, and stops nothing.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtExceptionMonitor', (error, origin) => console.log('monitor', error.message, origin));
throw new Error('monitored');
