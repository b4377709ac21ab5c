// EE-1 to EE-8, EE-16: registration, removal, looking.
const EventEmitter = require('node:events');
// An engine's own complaints differ in their words: only their class is compared.
const said = (e) => (e instanceof TypeError && e.code === undefined ? '(engine)' : (e?.message ?? e));
const log = (...args) => console.log(...args);
const fails = (label, f) => { try { log(label, 'returned', f()); } catch (e) { log(label, e.name, e.code, said(e), Object.keys(e).join()); } };

log(EventEmitter === EventEmitter.EventEmitter, Object.keys(EventEmitter).join(), Object.getOwnPropertyNames(EventEmitter).join());
log(Object.keys(EventEmitter.prototype).join(), Object.getOwnPropertyNames(EventEmitter.prototype).join());
for (const k of Object.keys(EventEmitter.prototype)) { const f = EventEmitter.prototype[k]; log(k, typeof f === 'function' ? `${f.name} ${f.length}` : f); }
for (const k of Object.keys(EventEmitter)) { const f = EventEmitter[k]; log(k, typeof f === 'function' ? `${JSON.stringify(f.name)} ${f.length}` : String(f)); }
log(new EventEmitter()); fails('no new', () => EventEmitter()); { const o = {}; EventEmitter.call(o); log(o); }
function Old() { EventEmitter.call(this); } require('node:util').inherits(Old, EventEmitter); log(new Old() instanceof EventEmitter, new Old());
class Sub extends EventEmitter {} log(new Sub());
{ const e = new EventEmitter(); e.on('a', () => {}); e.once('b', function named() {}); e.on('a', () => {}); log(e); }

// EE-1
for (const method of ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'off', 'removeListener']) {
  for (const bad of [undefined, null, 'x', 1, {}, [], true, Symbol('q'), 1n, new (class Foo {})(), Object.create(null), -0, NaN, 'a string that is longer than twenty-eight', "it's"]) fails(`${method} ${typeof bad}`, () => new EventEmitter()[method]('e', bad));
}
{ const e = new EventEmitter(); const f = () => {}; log(['on', 'once', 'addListener', 'prependListener', 'prependOnceListener', 'off', 'removeListener'].every((m) => e[m]('x', f) === e), e.removeAllListeners() === e, e.setMaxListeners(3) === e); }
{ const e = new EventEmitter(); const s = Symbol('s'); for (const n of ['__proto__', 'toString', 'constructor', s, 1, '', 'hasOwnProperty', undefined, null]) { e.on(n, (...a) => log('called', String(n), ...a)); log(e.emit(n, 1), e.listenerCount(n)); } log(e.eventNames()); }
// EE-2
{ const e = new EventEmitter(); e.on('newListener', (n, f) => log('new1', n, f.name, e.listenerCount(n))); e.on('newListener', function second(n, f) { log('new2', String(n), f.name); }); e.once('once', function o() {}); e.prependListener('p', function p() {}); e.prependOnceListener('po', function po() {}); e.on(Symbol('s'), function s() {}); }
{ const e = new EventEmitter(); e.once('newListener', (n) => { if (n === 'ev') e.on('ev', () => log('from inside')); }); e.on('ev', () => log('outside')); e.emit('ev'); log(e.listeners('ev').length); }
// EE-3, EE-4
{ const e = new EventEmitter(); const f = () => log('same'); e.on('x', f).on('x', f).on('x', f); e.emit('x'); log(e.listenerCount('x'), e.listenerCount('x', f)); e.prependListener('x', () => log('head')); e.prependOnceListener('x', () => log('once head')); e.emit('x'); e.emit('x'); }
// EE-5, EE-6
{ const e = new EventEmitter(); const order = []; const a = () => order.push('a'), b = () => order.push('b'); e.on('x', a).on('x', b).on('x', a); e.removeListener('x', a); e.emit('x'); log(order.join()); e.off('x', () => {}); e.off('none', a); log(e.listenerCount('x')); }
{ const e = new EventEmitter(); const a = function a() {}, b = function b() {}; e.on('removeListener', (n, f) => log('removed', n, f.name, e.listenerCount(n))); e.on('x', a).once('x', b).once('x', a); e.off('x', b); e.off('x', a); e.off('x', a); e.off('x', a); e.once('y', b); e.emit('y'); e.once('z', b); e.off('z', b); log(e.eventNames(), e._eventsCount); }
{ const e = new EventEmitter(); const rl = () => log('never'); e.on('removeListener', rl); e.removeListener('removeListener', rl); log(e.eventNames()); e.on('removeListener', () => log('second')); e.on('removeListener', rl); e.removeListener('removeListener', rl); }
// EE-7
{ const e = new EventEmitter(); const out = []; e.on('removeListener', (n, f) => out.push(`${n}:${f.name}`)); e.on('x', function a() {}).on('x', function b() {}).once('x', function c() {}).on('y', function d() {}); e.removeAllListeners('x'); log(out.join(), e.eventNames()); e.removeAllListeners('nothing'); e.removeAllListeners(); log(out.join(), e.eventNames()); }
{ const e = new EventEmitter(); e.on('x', () => {}).on('y', () => {}).on('y', () => {}); e.removeAllListeners('y'); log(e.eventNames()); e.removeAllListeners(); log(e.eventNames(), e._eventsCount, e._events); e.on('x', () => {}); e.removeAllListeners(undefined); log(e.eventNames()); e.removeAllListeners('x'); log(e); }
{ const e = new EventEmitter(); e._events = undefined; log(e.removeAllListeners() === e, e.removeListener('x', () => {}) === e, e.listeners('x'), e.listenerCount('x'), e.eventNames(), e.emit('x')); fails('error', () => e.emit('error', new Error('u'))); e.on('x', () => log('again')); e.emit('x'); }
// EE-8
{ const e = new EventEmitter(); const f = function f() { log('f', this === e); }; e.once('x', f).on('x', f); const l = e.listeners('x'); l.push(1); log(l.length, e.listeners('x').length, l[0] === f, e.rawListeners('x')[0] === f, e.rawListeners('x')[0].listener === f); const raw = e.rawListeners('x')[0]; raw('arg'); raw('arg'); log(e.listenerCount('x')); log(e.rawListeners('none'), e.listeners('none')); log(e.rawListeners('x').length, raw); }
// EE-16
{ const e = new EventEmitter(); const f = () => {}; e.on('b', f).on('1', f).on(Symbol('z'), f).on('a', f).on('0', f); log(e.eventNames()); e.off('a', f); log(e.eventNames()); e.once('b', f); log(e.listenerCount('b', f), e.listenerCount('b', () => {}), e.listenerCount('b', null), e.listenerCount('none', f), e.listenerCount('1', f), e.listenerCount('1', () => {})); }
for (const [label, f] of Object.entries({ lc1: () => EventEmitter.listenerCount(new EventEmitter().on('a', () => {}), 'a'), lc2: () => { const t = new EventTarget(); t.addEventListener('a', () => {}); return EventEmitter.listenerCount(t, 'a') + EventEmitter.listenerCount(t, 'b'); }, lc3: () => EventEmitter.listenerCount({}, 'a'), gel: () => EventEmitter.getEventListeners(new EventEmitter().once('a', function x() {}), 'a'), gel2: () => { const t = new EventTarget(); t.addEventListener('a', function y() {}); return EventEmitter.getEventListeners(t, 'a').concat(EventEmitter.getEventListeners(t, 'zz')); }, gel3: () => EventEmitter.getEventListeners({}, 'a'), gel4: () => EventEmitter.getEventListeners('INVALID', 'a') })) fails(label, f);
// Fields that programs overwrite
{ const e = new EventEmitter(); Object.defineProperty(EventEmitter.prototype, 'probe', { value: 1, configurable: true }); log(e.probe); delete EventEmitter.prototype.probe; }
class Shout extends EventEmitter { on(n, f) { log('on', n); return super.on(n, f); } removeListener(n, f) { log('removeListener', n); return super.removeListener(n, f); } } { const e = new Shout(); e.once('a', () => log('a')); e.addListener('b', () => {}); e.emit('a'); e.off('b', () => {}); }
