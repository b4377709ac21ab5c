// A handler of rejections.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('unhandledRejection', (reason, promise) => console.log('unhandled', reason.message, promise instanceof Promise));
process.on('rejectionHandled', (promise) => console.log('handled', promise instanceof Promise));
const p = Promise.reject(new Error('x'));
setTimeout(() => p.catch(() => console.log('late')), 2);
Promise.reject(new Error('y'));
new Promise((_, reject) => { reject(new Error('z')); reject(new Error('twice')); });
Promise.resolve().then(() => Promise.reject(new Error('in a then')));
