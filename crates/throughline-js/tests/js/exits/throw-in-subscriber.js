// A subscriber of a diagnostics channel.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const dc = require('node:diagnostics_channel');
const channel = dc.channel('c');
channel.subscribe(() => { throw new Error('in a subscriber'); });
channel.subscribe(() => console.log('the next one runs'));
channel.publish(1);
console.log('the publisher goes on');
