// A rejection nobody handles: error.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.reject(new Error('rejected'));
setTimeout(() => console.log('never'), 1);
