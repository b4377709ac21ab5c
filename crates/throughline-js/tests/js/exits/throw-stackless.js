// Thrown: stackless.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
throw Object.assign(new Error('no stack'), { stack: undefined });
