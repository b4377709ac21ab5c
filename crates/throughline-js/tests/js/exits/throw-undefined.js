// Thrown: undefined.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
throw undefined;
