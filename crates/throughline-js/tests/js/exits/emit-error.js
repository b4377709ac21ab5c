// EE-13: an error that nobody listens for.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const { EventEmitter } = require('node:events');
new EventEmitter().emit('error', new Error('nobody listens'));
