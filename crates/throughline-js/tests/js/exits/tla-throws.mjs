// A module that throws after an await.
process.on('exit', (code) => console.log('exit', code));
await null;
throw new Error('after an await');
