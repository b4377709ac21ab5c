// Thrown: text.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
throw 'just text';
