// HK-17: a hook may end the process.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
createHook({ init(id, type) { if (type === 'R') process.exit(12); } }).enable();
new AsyncResource('R');
console.log('never');
