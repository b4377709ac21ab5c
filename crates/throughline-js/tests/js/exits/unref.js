// What is not held does not hold.
'use strict';
process.on('exit', (code) => console.log('exit', code));
setTimeout(() => console.log('never'), 1000).unref();
setInterval(() => console.log('never'), 1000).unref();
const back = setTimeout(() => console.log('held'), 2).unref();
back.ref();
let isTold = false;
const interval = setInterval(() => {
  if (!isTold) console.log('turn');
  isTold = true;
  interval.unref();
}, 1);
console.log(interval.hasRef(), back.hasRef(), setImmediate(() => {}).unref().hasRef());
