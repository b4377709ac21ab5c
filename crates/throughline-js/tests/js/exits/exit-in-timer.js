// From a timer in a run.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const { AsyncLocalStorage } = require('node:async_hooks');
const als = new AsyncLocalStorage();
als.run('v', () => setTimeout(() => { process.on('exit', () => console.log('store', als.getStore())); process.exit(6); }, 1));
setTimeout(() => console.log('never'), 50);
