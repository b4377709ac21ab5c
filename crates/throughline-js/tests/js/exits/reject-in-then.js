// A handler that throws.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
Promise.resolve().then(() => { throw new Error('in a then'); });
setImmediate(() => console.log('never'));
