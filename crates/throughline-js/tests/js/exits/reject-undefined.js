// A rejection nobody handles: undefined.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.reject(undefined);
setTimeout(() => console.log('never'), 1);
