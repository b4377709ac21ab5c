// HK-17: a throw in `before` is fatal, and nobody is asked.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
process.on('uncaughtException', () => console.log('never'));
let isOn = true;
createHook({ before() { if (!isOn) return; isOn = false; throw new Error('in before'); } }).enable();
try { new AsyncResource('R').runInAsyncScope(() => console.log('never')); } catch { console.log('never'); }
setTimeout(() => console.log('never'), 20);
