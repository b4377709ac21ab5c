// A rejection nobody handles: text.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.reject('text');
setTimeout(() => console.log('never'), 1);
