// EEA-1 to EEA-6: `EventEmitterAsyncResource`.
const { EventEmitterAsyncResource, EventEmitter } = require('node:events');
const { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId, createHook, executionAsyncResource } = require('node:async_hooks');
// An engine's own complaints differ in their words: only their class is compared.
const said = (e) => (e instanceof TypeError && e.code === undefined ? '(engine)' : (e?.message ?? e));
const log = (...args) => console.log(...args);
const fails = (label, f) => { try { log(label, 'returned', f()); } catch (e) { log(label, e.name, e.code, said(e)); } };
const keep = []; /* against the collector */ const events = []; const ids = new Map();
const hook = createHook({ init(id, type, trigger, resource) { keep.push(resource); if (!/Promise|PROMISE|Tick|Immediate|Timeout|TTY|PIPE|FILE|FS|SIGNAL|WRITE/i.test(type)) { ids.set(id, ids.size); events.push(`init ${ids.get(id)} ${type} ${resource?.constructor?.name}`); } }, before(id) { if (ids.has(id)) events.push(`before ${ids.get(id)}`); }, after(id) { if (ids.has(id)) events.push(`after ${ids.get(id)}`); }, destroy(id) { if (ids.has(id)) events.push(`destroy ${ids.get(id)}`); } }).enable();
const told = (label) => { log(label, events.splice(0).join(', ')); };

// EEA-1
for (const bad of [undefined, {}, { name: 1 }, { name: null }, null, 1, Symbol('x'), []]) fails('base', () => new EventEmitterAsyncResource(bad) instanceof EventEmitter);
fails('empty', () => typeof new EventEmitterAsyncResource('').asyncId);
class Sub extends EventEmitterAsyncResource {} fails('sub', () => new Sub().constructor.name); fails('sub bad', () => new Sub({ name: 5 })); fails('sub named', () => new Sub({ name: 'given' }).constructor.name); fails('sub positional', () => new Sub('positional').constructor.name); fails('no new', () => EventEmitterAsyncResource('x'));
fails('trigger', () => new EventEmitterAsyncResource({ name: 'x', triggerAsyncId: -2 })); fails('trigger type', () => new EventEmitterAsyncResource({ name: 'x', triggerAsyncId: 'no' })); fails('trigger ok', () => new EventEmitterAsyncResource({ name: 'x', triggerAsyncId: 5 }).triggerAsyncId); fails('capture', () => new EventEmitterAsyncResource({ name: 'x', captureRejections: 1 }));
told('made');
// EEA-2, EEA-3
{ const e = new EventEmitterAsyncResource('E'); log(e.asyncResource instanceof AsyncResource, e.asyncResource.constructor.name, e.asyncResource.eventEmitter === e, e.asyncId === e.asyncResource.asyncId(), e.triggerAsyncId === executionAsyncId(), Object.keys(e).join(), typeof e.asyncResource.type); e.on('x', function (...a) { log(this === e, executionAsyncId() === e.asyncId, triggerAsyncId() === e.triggerAsyncId, executionAsyncResource() === e.asyncResource, ...a); }); told('on'); log(e.emit('x', 1, 2)); told('emit'); log(e.emit('nobody')); told('nobody'); e.on('newListener', () => {}); e.on('y', () => { throw new Error('out'); }); told('newListener'); fails('throws', () => e.emit('y')); told('throw'); fails('error', () => e.emit('error', 'text')); told('error'); e.on('removeListener', () => {}); e.removeAllListeners('x'); told('removal'); e.once('o', () => { log('once'); e.emit('o'); }); e.emit('o'); told('once'); log(e); }
// EEA-4
{ const als = new AsyncLocalStorage(); const e = als.run('made here', () => new EventEmitterAsyncResource('C')); als.run('registered', () => { e.on('x', () => { log(als.getStore()); als.enterWith('left behind'); }); e.once('x', () => log(als.getStore())); }); als.run('emitted', () => { e.emit('x'); log(als.getStore()); e.emit('x'); }); log(als.getStore()); }
told('context');
// EEA-5
{ const e = new EventEmitterAsyncResource('D'); e.on('x', () => log('still runs')); log(e.emitDestroy()); e.emit('x'); told('after destroy'); setImmediate(() => setImmediate(() => { told('destroyed'); hook.disable(); })); }
// EEA-6 (each engine has its own words for a private member that is not there)
const foreign_ = (label, f) => { try { log(label, f()); } catch (e) { log(label, e.constructor.name, e.code); } };
const proto = EventEmitterAsyncResource.prototype; const names = ['asyncId', 'triggerAsyncId', 'asyncResource'];
for (const foreign of [{}, new EventEmitter()]) { for (const name of names) foreign_(name, () => Reflect.get(proto, name, foreign)); foreign_('emit', () => proto.emit.call(foreign, 'x')); foreign_('emitDestroy', () => proto.emitDestroy.call(foreign)); }
log(Object.getOwnPropertyNames(proto).join(), EventEmitterAsyncResource.name, EventEmitterAsyncResource.length);
{ const e = new EventEmitterAsyncResource({ name: 'R', captureRejections: true }); e.on('error', (x) => log('captured', x.message)); e.on('x', async () => { throw new Error('async'); }); e.emit('x'); }
{ const e = new EventEmitterAsyncResource({ name: 'M', requireManualDestroy: true }); log(typeof e.asyncId); }
