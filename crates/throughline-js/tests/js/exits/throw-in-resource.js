// In a resource; its `after` is told before the end.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const { AsyncResource, createHook } = require('node:async_hooks');
const resource = new AsyncResource('R');
const said = [];
createHook({ before(id) { if (id === resource.asyncId()) said.push('before'); }, after(id) { if (id === resource.asyncId()) said.push('after'); } }).enable();
process.on('exit', () => console.log(said.join()));
setImmediate(() => resource.runInAsyncScope(() => { throw new Error('in a scope'); }));
