// HK-17: a throw in `promiseResolve` is fatal, and nobody is asked.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
process.on('uncaughtException', () => console.log('never'));
let isOn = true;
createHook({ promiseResolve() { if (!isOn) return; isOn = false; throw new Error('in promiseResolve'); } }).enable();
try { new Promise((resolve) => resolve()); } catch { console.log('never'); }
setTimeout(() => console.log('never'), 20);
