// An async function that throws.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
(async () => { await null; throw new TypeError('in an async function'); })();
