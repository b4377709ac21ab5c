// A promise alone does not hold the loop.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.once('beforeExit', () => { console.log('beforeExit'); Promise.resolve().then(() => console.log('micro')); process.nextTick(() => console.log('tick')); });
new Promise(() => {});
(async () => { await new Promise(() => {}); console.log('never'); })();
