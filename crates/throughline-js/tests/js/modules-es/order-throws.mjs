// What a module that throws leaves.
import process from 'node:process';
process.on('uncaughtException', (error) => console.log('handler', error.message));
process.nextTick(() => console.log('tick'));
queueMicrotask(() => console.log('micro'));
setTimeout(() => console.log('timer'), 1);
throw new Error('in a module');
