// EE-13: what is no error.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const { EventEmitter } = require('node:events');
new EventEmitter().emit('error', { a: 1 });
