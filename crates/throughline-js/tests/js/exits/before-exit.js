// `beforeExit` may go on, and is told of again.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
let n = 0;
process.on('beforeExit', (code) => { console.log('beforeExit', code, n); n += 1; if (n < 3) setTimeout(() => console.log('more work'), 1); });
process.exitCode = 1;
