// In an immediate.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
setImmediate(() => { throw new Error('in an immediate'); });
setImmediate(() => console.log('never'));
