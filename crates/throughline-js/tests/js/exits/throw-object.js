// Thrown: object.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
throw { a: 1 };
