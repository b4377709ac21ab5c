// From a promise.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
(async () => { await null; try { process.exit(8); } finally { console.log('never'); } })().finally(() => console.log('never'));
queueMicrotask(() => queueMicrotask(() => console.log('never')));
