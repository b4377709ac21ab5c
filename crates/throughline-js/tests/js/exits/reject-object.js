// A rejection nobody handles: object.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.reject({ a: 1 });
setTimeout(() => console.log('never'), 1);
