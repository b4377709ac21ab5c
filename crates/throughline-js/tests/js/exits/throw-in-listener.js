// In a listener of a script.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const { EventEmitter } = require('node:events');
const emitter = new EventEmitter();
emitter.on('x', () => { throw new Error('in a listener'); });
emitter.emit('x');
console.log('never');
