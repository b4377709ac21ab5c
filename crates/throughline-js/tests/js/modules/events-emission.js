// EE-9 to EE-15, EE-17: emission, errors, limits, captured rejections.
const EventEmitter = require('node:events');
const log = (...args) => console.log(...args);
const fails = (label, f) => { try { log(label, 'returned', f()); } catch (e) { if (e && typeof e === 'object' && 'message' in e) log(label, e.name, e.code, e.message, Object.keys(e).join(), 'context' in e ? typeof e.context : '', String(e)); else log(label, 'threw', e); } };
process.on('warning', (w) => w.name.startsWith('internal') || log('warning', w.name, w.message, w.emitter?.constructor.name, w.target?.constructor.name, String(w.type), w.count, Object.keys(w).join()));

// EE-9
{ const e = new EventEmitter(); log(e.emit('x')); e.on('x', function (...a) { log(this === e, ...a); return 5; }); log(e.emit('x', 1, 2, 3, 4, 5)); e.on('x', (...a) => log(a.length)); log(e.emit('x')); }
// EE-10
{ const e = new EventEmitter(); const b = () => log('b'); e.on('x', () => { log('a'); e.off('x', b); e.on('x', () => log('late')); }); e.on('x', b); e.emit('x'); log('--'); e.emit('x'); }
{ const e = new EventEmitter(); e.on('x', () => { e.removeAllListeners('x'); log(1); }); e.on('x', () => log(2)); e.emit('x'); log(e.emit('x')); }
// EE-11
{ const e = new EventEmitter(); e.on('x', () => { throw new Error('stop'); }); e.on('x', () => log('not reached')); fails('throwing', () => e.emit('x')); }
// EE-12
{ const e = new EventEmitter(); let n = 0; e.once('x', () => { n += 1; e.emit('x'); }); e.emit('x'); log(n, e.listenerCount('x')); e.once('y', (...a) => log(a)); log(e.emit('y', 1, 2, 3, 4), e.emit('y')); const f = () => log('no'); e.once('z', f); e.off('z', f); e.emit('z'); e.on('removeListener', (t) => log('rl', t)); e.once('w', () => log('w runs')); e.emit('w'); }
// EE-13
class Weird { constructor() { this.a = 1; } } class MyErr extends Error {}
for (const value of [new Error('real'), new MyErr('mine'), undefined, null, 'text', 5, true, { a: { b: { c: {} } } }, new Weird(), Symbol('s'), [1], { message: 'duck' }, { [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no inspect'); }, toString() { return 'own text'; } }, () => {}]) fails('error', () => new EventEmitter().emit('error', value));
fails('no arg', () => new EventEmitter().emit('error')); { const e = new EventEmitter(); e.on('error', (x) => log('handled', x.message)); log(e.emit('error', new Error('h'))); const same = new Error('same'); try { new EventEmitter().emit('error', same); } catch (x) { log(x === same); } }
// EE-14
{ const m = EventEmitter.errorMonitor; log(String(m)); const e = new EventEmitter(); e.on(m, (...a) => log('monitor', a.map(String))); fails('monitored', () => e.emit('error', new Error('m'), 2)); e.on('error', (...a) => log('handler', a.map(String))); log(e.emit('error', new Error('m2'), 3)); e.prependListener(m, () => { throw new Error('monitor wins'); }); fails('throwing monitor', () => e.emit('error', new Error('m3'))); fails('direct', () => e.emit(m, 'direct')); }
// EE-15
fails('neg', () => new EventEmitter().setMaxListeners(-1)); fails('nan', () => new EventEmitter().setMaxListeners(NaN)); fails('str', () => new EventEmitter().setMaxListeners('5')); fails('undef', () => new EventEmitter().setMaxListeners()); fails('inf', () => new EventEmitter().setMaxListeners(Infinity).getMaxListeners()); fails('big', () => new EventEmitter().setMaxListeners(-12345678901)); fails('frac', () => new EventEmitter().setMaxListeners(1.5).getMaxListeners());
fails('default neg', () => { EventEmitter.defaultMaxListeners = -1; }); fails('default str', () => { EventEmitter.defaultMaxListeners = '10'; }); log(EventEmitter.defaultMaxListeners, new EventEmitter().getMaxListeners());
fails('static neg', () => EventEmitter.setMaxListeners(-1)); fails('static bad', () => EventEmitter.setMaxListeners(3, {})); fails('static bad 2', () => EventEmitter.setMaxListeners(3, new EventEmitter(), 'x')); { const t = new EventTarget(); const e = new EventEmitter(); EventEmitter.setMaxListeners(7, t, e); log(EventEmitter.getMaxListeners(t), EventEmitter.getMaxListeners(e), EventEmitter.getMaxListeners(new AbortController().signal), EventEmitter.getMaxListeners(new EventTarget())); } for (const bad of [{}, null, undefined, 1]) fails('gml', () => EventEmitter.getMaxListeners(bad));
{ const e = new EventEmitter(); for (let i = 0; i < 13; i += 1) e.on('many', () => {}); for (let i = 0; i < 13; i += 1) e.on(Symbol('sym').description + i, () => {}); }
{ class Named extends EventEmitter {} const e = new Named(); e.setMaxListeners(1); e.on('one', () => {}); e.on('one', () => {}); e.on('one', () => {}); const s = Symbol('s'); e.on(s, () => {}).prependListener(s, () => {}); e.setMaxListeners(0); e.on('zero', () => {}).on('zero', () => {}); }
{ const e = new EventEmitter(); e.setMaxListeners(2); for (let i = 0; i < 3; i += 1) e.on(null, () => {}); e.removeAllListeners(null); for (let i = 0; i < 3; i += 1) e.on(null, () => {}); Object.assign(e, { prop: 1 }); }
{ const t = new EventTarget(); EventEmitter.setMaxListeners(1, t); t.addEventListener('foo', () => {}); t.addEventListener('foo', () => {}); t.addEventListener('foo', () => {}); t.addEventListener('bar', () => {}); }
{ const before = EventEmitter.defaultMaxListeners; EventEmitter.defaultMaxListeners = 3; log(new EventEmitter().getMaxListeners()); EventEmitter.setMaxListeners(4); log(EventEmitter.defaultMaxListeners); EventEmitter.setMaxListeners(before); }
// EE-17
fails('capture bad', () => new EventEmitter({ captureRejections: 'yes' })); fails('capture 1', () => new EventEmitter({ captureRejections: 1 })); fails('capture 0', () => new EventEmitter({ captureRejections: 0 }).eventNames()); fails('global bad', () => { EventEmitter.captureRejections = 1; }); log(EventEmitter.captureRejections, String(EventEmitter.captureRejectionSymbol), EventEmitter.captureRejectionSymbol === Symbol.for('nodejs.rejection'));
const rejection = Symbol.for('nodejs.rejection');
(async () => {
  const tick = () => new Promise((r) => setImmediate(r));
  await tick();
  { const e = new EventEmitter({ captureRejections: true }); e.on('x', async (v) => { throw new Error(`rejected ${v}`); }); e.on('error', (err) => log('error event', err.message)); e.emit('x', 1); log('after emit'); await tick(); }
  { const e = new EventEmitter({ captureRejections: true }); e[rejection] = (...args) => log('handler', ...args.map((a) => a?.message ?? a)); e.on('x', async () => { throw new Error('r'); }); e.on('x', async () => Promise.reject(5)); e.emit('x', 'a', 'b'); await tick(); }
  { const e = new EventEmitter({ captureRejections: true }); let n = 0; e.on('error', async () => { n += 1; throw new Error('loop'); }); e.on('x', async () => { throw new Error('first'); }); const seen = new Promise((r) => process.once('unhandledRejection', r)); e.emit('x'); log('unhandled', (await seen).message, n); }
  { const e = new EventEmitter({ captureRejections: true }); const seen = new Promise((r) => process.once('uncaughtException', r)); e.on('x', async () => { throw new Error('nobody'); }); e.emit('x'); log('uncaught', (await seen).message); }
  { const e = new EventEmitter({ captureRejections: true }); let reads = 0; e.on('error', (err) => log('then getter', err.message, reads)); e.on('x', () => ({ get then() { reads += 1; throw new Error('getter'); } })); e.emit('x'); e.removeAllListeners('x'); reads = 0; e.on('x', () => ({ get then() { reads += 1; return (ok, no) => no(new Error('thenable')); } })); e.emit('x'); await tick(); e.removeAllListeners('x'); e.on('x', () => ({ then: 5 })); log(e.emit('x')); }
  { EventEmitter.captureRejections = true; const e = new EventEmitter(); log(e); EventEmitter.captureRejections = false; e.on('error', (x) => log('global', x.message)); e.on('x', async () => { throw new Error('g'); }); e.emit('x'); await tick(); }
  { const e = new EventEmitter(); const seen = new Promise((r) => process.once('unhandledRejection', r)); e.on('x', async () => { throw new Error('off'); }); e.emit('x'); log('not captured', (await seen).message); }
  { const e = new EventEmitter({ captureRejections: true }); e[rejection] = () => { throw new Error('handler throws'); }; const seen = new Promise((r) => process.once('uncaughtException', r)); e.on('x', async () => { throw 1; }); e.emit('x'); log((await seen).message); }
})();
