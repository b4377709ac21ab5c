// HK-17: so is what is no error: text.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
createHook({ init(id, type) { if (type === 'R') throw 'text'; } }).enable();
new AsyncResource('R');
console.log('never');
