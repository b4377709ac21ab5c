// HK-17: so is what is no error: object.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
createHook({ init(id, type) { if (type === 'R') throw { a: 1 }; } }).enable();
new AsyncResource('R');
console.log('never');
