// It may change at the very end.
'use strict';
process.on('exit', (code) => { console.log('first', code, process.exitCode); process.exitCode = 5; });
process.on('exit', (code) => console.log('second', code, process.exitCode));
