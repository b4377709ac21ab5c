// HK-17: a throw in `destroy` is fatal, and nobody is asked.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
process.on('exit', (code) => console.log('exit', code));
process.on('uncaughtException', () => console.log('never'));
let isOn = true;
createHook({ destroy() { if (!isOn) return; isOn = false; throw new Error('in destroy'); } }).enable();
try { new AsyncResource('R').emitDestroy(); } catch { console.log('never'); }
setTimeout(() => console.log('after'), 20);
