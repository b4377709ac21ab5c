// A listener of an event target: the others run, and the process ends.
'use strict';
process.on('exit', (code) => console.log('exit', code, process.exitCode));
const target = new EventTarget();
target.addEventListener('x', () => { throw new Error('in a listener'); });
target.addEventListener('x', () => console.log('the next one runs'));
console.log(target.dispatchEvent(new Event('x')));
