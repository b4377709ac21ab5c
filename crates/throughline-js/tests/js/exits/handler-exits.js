// A handler may choose the status.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtException', (error) => { console.log(error.message); process.exit(42); });
setTimeout(() => { throw new Error('x'); }, 1);
