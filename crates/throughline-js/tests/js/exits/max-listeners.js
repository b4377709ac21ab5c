// EE-15: the warning, on standard error.
'use strict';
const { EventEmitter } = require('node:events');
const emitter = new EventEmitter();
process.on('warning', (warning) => console.log(warning.name, warning.type, warning.count, warning.emitter === emitter, warning.message));
for (let i = 0; i < 12; i += 1) emitter.on('x', () => {});
