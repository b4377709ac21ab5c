// A handler that throws ends the process with 7.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('uncaughtException', () => { throw new Error('in the handler'); });
throw new Error('first');
