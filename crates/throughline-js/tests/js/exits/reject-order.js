// When rejections are told of: after the microtasks of a turn.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
process.on('unhandledRejection', (reason) => { console.log('unhandled', reason); process.nextTick(() => console.log('tick after', reason)); Promise.resolve().then(() => console.log('micro after', reason)); });
setTimeout(() => { Promise.reject('timer'); process.nextTick(() => console.log('tick')); Promise.resolve().then(() => console.log('micro')).then(() => console.log('micro 2')); }, 1);
setImmediate(() => { Promise.reject('immediate'); });
Promise.reject('main');
Promise.reject('main 2');
process.nextTick(() => { console.log('tick of main'); Promise.reject('tick'); });
