// HK-16: the loop. Ticks, then microtasks, drain between any two callbacks of timers and immediates.
'use strict';
const { say } = require('../lib/say.js');

const log = [];
const note = (label) => () => log.push(label);
const print = (label) => say('HK-16', label, log.splice(0).join(' '));
process.nextTick(note('tick'));
Promise.resolve().then(note('micro')).then(note('micro 2'));
queueMicrotask(() => { log.push('queueMicrotask'); process.nextTick(note('tick of a microtask')); });
process.nextTick(() => { log.push('tick 2'); queueMicrotask(note('microtask of a tick')); process.nextTick(note('tick of a tick')); });
log.push('sync');
setImmediate(() => {
  print('main');
  setImmediate(() => { log.push('i1'); process.nextTick(note('tick of i1')); queueMicrotask(note('micro of i1')); setImmediate(note('next round')); });
  const cleared = setImmediate(note('never'));
  setImmediate(() => { log.push('i2'); clearImmediate(later); });
  const later = setImmediate(note('never'));
  setImmediate(note('i3'));
  clearImmediate(cleared);
  setImmediate(() => setImmediate(() => {
    print('immediates');
    // Timers of one duration run in the order they are made, those of another by when they are due.
    setTimeout(() => { log.push('A'); process.nextTick(note('tick of A')); Promise.resolve().then(note('micro of A')); }, 120);
    setTimeout(note('B'), 120);
    const cancelled = setTimeout(note('never'), 120);
    setTimeout(() => { log.push('C'); clearTimeout(cancelled); }, 60);
    setTimeout(note('D'), 60);
    setTimeout(note('zero'), 0);
    setTimeout(note('one'), 1);
    setTimeout(note('negative'), -5);
    setTimeout(note('E'), 120);
    setTimeout(() => {
      print('timers');
      let n = 0;
      const interval = setInterval(() => {
        log.push(`turn ${n}`);
        n += 1;
        process.nextTick(note(`tick ${n}`));
        if (n < 3) return;
        clearInterval(interval);
        setImmediate(() => setImmediate(nested));
      }, 3);
    }, 250);
  }));
});
// Made by a timer for now: in a later turn, not in this one.
function nested() {
  print('interval');
  setTimeout(() => { log.push('outer'); setTimeout(() => { log.push('inner'); setTimeout(chains, 1); }, 1); process.nextTick(note('tick of outer')); }, 1);
}
// A long chain of microtasks, or ticks, comes before the next callback.
function chains() {
  print('nested');
  setImmediate(() => { let left = 1000; const step = () => { left -= 1; if (left > 0) queueMicrotask(step); else log.push('chain ends'); }; step(); });
  setImmediate(note('after the chain'));
  setImmediate(() => { let left = 1000; const step = () => { left -= 1; if (left > 0) process.nextTick(step); else log.push('ticks end'); }; step(); });
  setImmediate(note('after the ticks'));
  setImmediate(() => print('chains'));
}
