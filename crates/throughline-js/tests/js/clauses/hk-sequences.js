// HK-10 to HK-12 and HK-14: what is told of ticks, microtasks, immediates, timers and resources.
'use strict';
const { AsyncResource, executionAsyncId } = require('node:async_hooks');
const { sequence } = require('../lib/watch.js');

const TYPES = ['TickObject', 'Microtask', 'Immediate', 'Timeout', 'R', 'S'];
const told = (clause, body) => sequence(clause, { types: TYPES, trackPromises: false }, body);
const timed = (clause, body) => sequence(clause, { types: TYPES, trackPromises: false, destroyLast: true }, body);
(async () => {
  await told('HK-14 nextTick', (w) => process.nextTick(() => w.log('tick')));
  await told('HK-14 two ticks', (w) => { process.nextTick(() => { w.log('tick 1'); process.nextTick(() => w.log('tick in tick')); }); process.nextTick(() => w.log('tick 2')); });
  await told('HK-14 queueMicrotask', (w) => queueMicrotask(() => w.log('microtask')));
  await told('HK-14 microtask in microtask', (w) => queueMicrotask(() => queueMicrotask(() => w.log('microtask'))));
  await told('HK-14 setImmediate', (w, done) => setImmediate(() => { w.log('immediate'); done(); }));
  await told('HK-14 clearImmediate', () => clearImmediate(setImmediate(() => {})));
  await timed('HK-14 setTimeout', (w, done) => setTimeout(() => { w.log('timeout'); done(); }, 1));
  await told('HK-14 clearTimeout', () => { const timer = setTimeout(() => {}, 1); clearTimeout(timer); clearTimeout(timer); });
  await timed('HK-14 clear in callback', (w, done) => { const timer = setTimeout(() => { clearTimeout(timer); w.log('cleared'); done(); }, 1); });
  await timed('HK-14 setInterval', (w, done) => { let n = 0; const timer = setInterval(() => { w.log(`turn ${n}`); n += 1; if (n === 3) { clearInterval(timer); done(); } }, 1); });
  await timed('HK-14 refresh', (w, done) => { let n = 0; const timer = setTimeout(() => { w.log(`turn ${n}`); n += 1; if (n < 3) timer.refresh(); else done(); }, 1); });
  await timed('HK-14 refresh later', (w, done) => { let n = 0; const timer = setTimeout(() => { w.log(`turn ${n}`); n += 1; if (n < 2) setImmediate(() => timer.refresh()); else done(); }, 1); });
  await timed('HK-14 nested timers', (w, done) => setTimeout(() => setTimeout(() => setTimeout(() => { w.log('innermost'); done(); }, 1), 1), 1));
  await timed('HK-14 interval in interval', (w, done) => { const outer = setInterval(() => { clearInterval(outer); const inner = setInterval(() => { clearInterval(inner); w.log('inner'); done(); }, 1); }, 1); });
  await timed('HK-14 mixed', (w, done) => { setTimeout(() => { w.log('timeout'); process.nextTick(() => { w.log('tick'); queueMicrotask(() => { w.log('microtask'); setImmediate(() => { w.log('immediate'); done(); }); }); }); }, 1); });
  await told('HK-11 resource', (w) => { const r = new AsyncResource('R'); r.runInAsyncScope(() => { w.log('scope'); process.nextTick(() => w.log('tick of the scope')); }); r.emitDestroy(); });
  await told('HK-12 destroyed inside', (w) => { const r = new AsyncResource('R'); r.runInAsyncScope(() => { r.emitDestroy(); w.log('still inside'); }); });
  await told('HK-12 order', (w, done) => {
    const [r, s] = [new AsyncResource('R'), new AsyncResource('S')];
    s.emitDestroy();
    r.emitDestroy();
    s.emitDestroy();
    process.nextTick(() => w.log('tick'));
    queueMicrotask(() => w.log('microtask'));
    setImmediate(() => { w.log('immediate'); done(); });
  });
  await told('ID-4 one cause', (w) => { process.nextTick(() => {}); process.nextTick(() => {}); setTimeout(() => {}, 100_000).unref(); new AsyncResource('R'); });
  await told('ID-6 trigger', () => { const r = new AsyncResource('R', { triggerAsyncId: executionAsyncId() }); new AsyncResource('S', { triggerAsyncId: r.asyncId() }).runInAsyncScope(() => process.nextTick(() => {})); });
})();
