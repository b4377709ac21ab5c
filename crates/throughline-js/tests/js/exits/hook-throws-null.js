// HK-17: so is what is no error: null.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
createHook({ init(id, type) { if (type === 'R') throw null; } }).enable();
new AsyncResource('R');
console.log('never');
