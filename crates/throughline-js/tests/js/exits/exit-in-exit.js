// `process.exit` in the handler of the exit.
'use strict';
process.on('exit', (code) => { console.log('first', code); process.exit(4); });
process.on('exit', (code) => console.log('never', code));
process.exit(2);
