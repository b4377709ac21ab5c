// EE-17: a captured rejection that nobody listens for.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const { EventEmitter } = require('node:events');
const emitter = new EventEmitter({ captureRejections: true });
emitter.on('x', async () => { throw new Error('captured'); });
emitter.emit('x');
