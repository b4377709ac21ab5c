// A rejection nobody handles: error with code.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.reject(Object.assign(new Error('m'), { code: 'OWN' }));
setTimeout(() => console.log('never'), 1);
