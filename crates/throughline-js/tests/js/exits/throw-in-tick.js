// In a tick.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.nextTick(() => { throw new Error('in a tick'); });
process.nextTick(() => console.log('never'));
Promise.resolve().then(() => console.log('never'));
