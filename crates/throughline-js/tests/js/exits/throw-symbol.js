// Thrown: symbol.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
throw Symbol('s');
