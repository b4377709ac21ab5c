// A handler of rejections that throws.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('unhandledRejection', () => { throw new Error('in the handler'); });
Promise.reject(new Error('x'));
