// Without an argument the status is `exitCode`.
'use strict';
process.exitCode = 11;
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.exit();
