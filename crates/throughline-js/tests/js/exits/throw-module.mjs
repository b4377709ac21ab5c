// A module that throws.
process.on('exit', (code) => console.log('exit', code));
process.nextTick(() => console.log('tick'));
throw new Error('in a module');
