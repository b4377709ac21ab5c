// A handler of the exit that throws.
'use strict';
process.on('exit', () => { throw new Error('in the exit'); });
process.on('exit', () => console.log('never'));
process.on('uncaughtException', (error) => console.log('handler', error.message));
