// What is not held does not hold.
'use strict';
process.on('exit', (code) => console.log('exit', code));
setTimeout(() => console.log('never'), 1000).unref();
setInterval(() => console.log('never'), 1000).unref();
const back = setTimeout(() => { console.log('held'); interval.unref(); }, 2).unref();
back.ref();
// Runs as long as something else holds, and is no reason to go on.
const interval = setInterval(() => {}, 1);
console.log(interval.hasRef(), back.hasRef(), setImmediate(() => {}).unref().hasRef());
