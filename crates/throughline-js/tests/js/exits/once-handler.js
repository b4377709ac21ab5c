// A handler that is there once.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.once('uncaughtException', (error) => console.log('handler', error.message));
setImmediate(() => { throw new Error('one'); });
setImmediate(() => { throw new Error('two'); });
