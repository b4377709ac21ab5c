// A rejection nobody handles: null.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.reject(null);
setTimeout(() => console.log('never'), 1);
