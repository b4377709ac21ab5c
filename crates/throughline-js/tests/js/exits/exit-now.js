// `process.exit` ends at once.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('exit', () => { setTimeout(() => console.log('never'), 0); process.nextTick(() => console.log('never')); Promise.resolve().then(() => console.log('never')); });
process.on('beforeExit', () => console.log('never'));
setTimeout(() => console.log('never'), 0);
process.nextTick(() => console.log('never'));
try { process.exit(9); } catch { console.log('never'); } finally { console.log('never'); }
console.log('never');
