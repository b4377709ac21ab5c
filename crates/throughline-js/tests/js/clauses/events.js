// EE-1 to EE-18, EEA-1 to EEA-6: what `modules/events-*.js` does not go into, clause by clause.
'use strict';
const { AsyncLocalStorage, AsyncResource, executionAsyncId } = require('node:async_hooks');
const EventEmitter = require('node:events');
const { EventEmitterAsyncResource, once, on, errorMonitor, captureRejectionSymbol, getEventListeners, getMaxListeners, setMaxListeners, addAbortListener, listenerCount } = EventEmitter;
const { say, outcome, fault, tick } = require('../lib/say.js');

say('EE-1', Object.keys(EventEmitter).sort().join(), EventEmitter.EventEmitter === EventEmitter, EventEmitter.usingDomains);
say('EE-1', Object.keys(EventEmitter.prototype).sort().join());
const e = new EventEmitter();
for (const method of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeListener']) say('EE-1', method, outcome(() => e[method]('x', 'text')), outcome(() => e[method]('x')), e[method]('x', () => {}) === e);
for (const name of ['__proto__', 'toString', 'constructor', Symbol('s'), 1, '', undefined, null]) { const each = new EventEmitter(); each.on(name, () => {}); say('EE-1', String(name), each.emit(name), each.listenerCount(name), each.eventNames()); }
{
  const log = [];
  const each = new EventEmitter();
  each.on('newListener', function (name, f) { log.push(`${String(name)} ${f.name} ${this.listenerCount(name)}`); if (name === 'x' && !this.done) { this.done = true; this.on('x', function inner() { log.push('inner'); }); } });
  each.on('x', function outer() { log.push('outer'); });
  each.once('y', function y() {});
  each.on('newListener', function second() {});
  each.emit('x');
  say('EE-2', log.join(', '));
}
{
  const log = [];
  const each = new EventEmitter();
  const f = () => log.push('f');
  each.on('x', f).on('x', f).prependListener('x', () => log.push('first')).on('x', () => log.push('last'));
  each.emit('x');
  say('EE-3', log.splice(0).join());
  each.removeListener('x', f);
  each.emit('x');
  say('EE-5', log.splice(0).join());
  each.once('y', f);
  each.removeListener('y', f);
  say('EE-5', each.listenerCount('y'), each.removeListener('z', f) === each);
  const order = new EventEmitter();
  order.on('a', f);
  order.on('removeListener', (name, g) => log.push(`${name} ${g === f} ${order.listenerCount(name)}`));
  order.on('a', function second() {});
  order.once('b', f);
  order.removeAllListeners('a');
  order.removeAllListeners();
  say('EE-7', log.splice(0).join());
}
{
  const each = new EventEmitter();
  const f = () => {};
  each.once('x', f);
  say('EE-8', each.listeners('x')[0] === f, each.rawListeners('x')[0] === f, each.rawListeners('x')[0].listener === f, each.listeners('x') === each.listeners('x'));
  each.rawListeners('x')[0]();
  say('EE-8', each.listenerCount('x'));
}
{
  const log = [];
  const each = new EventEmitter();
  each.on('x', function (...args) { log.push(`${this === each} ${args.length}`); return 'ignored'; });
  for (let n = 0; n < 6; n += 1) log.push(each.emit('x', ...Array(n).fill(0)));
  say('EE-9', log.join(), each.emit('nobody'));
  const adds = new EventEmitter();
  const seen = [];
  adds.on('x', () => { seen.push(1); adds.on('x', () => seen.push('added')); adds.removeListener('x', third); });
  adds.on('x', () => seen.push(2));
  function third() { seen.push(3); }
  adds.on('x', third);
  adds.emit('x');
  seen.push('|');
  adds.emit('x');
  say('EE-10', seen.join());
  const throws = new EventEmitter();
  throws.on('x', () => { throw new Error('stops'); });
  throws.on('x', () => say('EE-11', 'never'));
  say('EE-11', outcome(() => throws.emit('x')));
  const one = new EventEmitter();
  let count = 0;
  one.once('x', () => { count += 1; one.emit('x'); });
  one.emit('x');
  say('EE-12', count, one.listenerCount('x'));
}
for (const what of [new Error('an error'), undefined, null, 'text', { a: 1 }, 42]) { try { new EventEmitter().emit('error', what); } catch (error) { say('EE-13', fault(error), error === what, 'context' in error ? error.context : 'none'); } }
try { new EventEmitter().emit('error'); } catch (error) { say('EE-13', fault(error)); }
{
  const each = new EventEmitter();
  const log = [];
  each.on(errorMonitor, (error) => log.push(`monitor ${error.message}`));
  say('EE-14', outcome(() => each.emit('error', new Error('x'))));
  each.on('error', () => log.push('handled'));
  each.emit('error', new Error('y'));
  each.prependListener(errorMonitor, () => { throw new Error('of the monitor'); });
  say('EE-14', outcome(() => each.emit('error', new Error('z'))), log.join());
}
for (const bad of [-1, NaN, 'text', {}, null, undefined]) say('EE-15', String(bad), outcome(() => new EventEmitter().setMaxListeners(bad)), outcome(() => setMaxListeners(bad)), outcome(() => { EventEmitter.defaultMaxListeners = bad; }));
say('EE-15', EventEmitter.defaultMaxListeners, new EventEmitter().getMaxListeners(), getMaxListeners(new EventEmitter().setMaxListeners(3)), getMaxListeners(new EventTarget()));
process.on('warning', (warning) => say('EE-15', warning.name, warning.type === undefined ? '' : String(warning.type), warning.count, warning.message));
{ const each = new EventEmitter().setMaxListeners(1); for (let i = 0; i < 5; i += 1) each.on('few', () => {}); const none = new EventEmitter().setMaxListeners(0); for (let i = 0; i < 50; i += 1) none.on('many', () => {}); class Own extends EventEmitter {} const own = new Own(); for (let i = 0; i < 11; i += 1) own.on(Symbol('s'), () => {}); const s = Symbol('sym'); for (let i = 0; i < 11; i += 1) own.on(s, () => {}); }
{ const each = new EventEmitter(); const f = () => {}; each.on('b', f); each.on('a', f); each.on(2, f); each.on(1, f); each.on(Symbol.for('s'), f); each.once('a', f); each.on('gone', f); each.off('gone', f); say('EE-16', each.eventNames(), each.listenerCount('a'), each.listenerCount('a', f), each.listenerCount('b', () => {}), getEventListeners(each, 'a').length, listenerCount(each, 'a')); }
(async () => {
  for (const bad of [1, 'text', {}]) say('EE-17', outcome(() => new EventEmitter({ captureRejections: bad })));
  const als = new AsyncLocalStorage();
  const each = new EventEmitter({ captureRejections: true });
  each.on('error', (error) => say('EE-17', 'error', error.message, als.getStore()));
  each.on('x', async (n) => { await null; throw new Error(`rejected ${n}`); });
  als.run('first', () => each.emit('x', 1));
  each[captureRejectionSymbol] = (error, name, ...args) => say('EE-17', 'symbol', error.message, name, args, als.getStore());
  als.run('second', () => each.emit('x', 2));
  await tick();
  const getter = new EventEmitter({ captureRejections: true });
  let reads = 0;
  getter.on('error', (error) => say('EE-17', 'getter', error.message));
  getter.on('x', () => ({ get then() { reads += 1; throw new Error('of the getter'); } }));
  getter.emit('x');
  await tick();
  say('EE-17', reads);

  const waits = new EventEmitter();
  setImmediate(() => waits.emit('x', 1, 2));
  say('EE-18', await once(waits, 'x'), waits.eventNames().length);
  setImmediate(() => waits.emit('error', new Error('fails')));
  say('EE-18', await once(waits, 'x').catch(fault), waits.eventNames().length);
  setImmediate(() => waits.emit('error', new Error('awaited')));
  say('EE-18', (await once(waits, 'error')).map(fault));
  say('EE-18', await once(waits, 'x', { signal: AbortSignal.abort() }).catch((error) => [error.name, error.code, error.message]), waits.eventNames().length);
  const controller = new AbortController();
  setImmediate(() => controller.abort(new Error('reason')));
  say('EE-18', await once(waits, 'x', { signal: controller.signal }).catch((error) => [error.name, error.code, error.cause.message]), waits.eventNames().length);
  for (const bad of [1, {}, null]) say('EE-18', await once(waits, 'x', { signal: bad }).catch(fault));
  say('EE-18', await once({}, 'x').catch(fault));
  { const source = new EventEmitter(); setImmediate(() => { source.emit('x', 1); source.emit('x', 2); source.emit('end'); source.emit('x', 3); }); const seen = []; for await (const item of on(source, 'x', { close: ['end'] })) seen.push(item); say('EE-18', seen, source.eventNames().length); }
  { const source = new EventEmitter(); const iterator = on(source, 'x'); source.emit('x', 1); source.emit('error', new Error('ends')); say('EE-18', await iterator.next(), await iterator.next().catch(fault), await iterator.next()); }
  say('EE-18', outcome(() => on(new EventEmitter(), 'x').throw()), outcome(() => on(new EventEmitter(), 'x').throw('text')));
  { const target = new EventTarget(); setImmediate(() => target.dispatchEvent(new Event('x'))); const [event] = await once(target, 'x'); say('EE-18', event.type, event.target === target); }
  { const ac = new AbortController(); const disposable = addAbortListener(ac.signal, () => say('EE-18', 'aborted')); ac.abort(); say('EE-18', typeof disposable[Symbol.dispose], outcome(() => addAbortListener({}, () => {})), outcome(() => addAbortListener(ac.signal, 1))); }

  // EEA
  for (const bad of [undefined, 1, null, {}, { name: 1 }, '']) say('EEA-1', outcome(() => typeof new EventEmitterAsyncResource(bad).asyncId));
  class Sub extends EventEmitterAsyncResource {}
  say('EEA-1', new Sub().asyncResource.constructor.name, outcome(() => new Sub({ name: 1 })), outcome(() => typeof new Sub('given').asyncId));
  const resource = als.run('made', () => new EventEmitterAsyncResource({ name: 'E', triggerAsyncId: 7, captureRejections: true }));
  say('EEA-2', resource.triggerAsyncId, resource.asyncId > 0, resource.asyncResource instanceof AsyncResource, resource.asyncResource.eventEmitter === resource);
  resource.on('x', function (...args) { say('EEA-3', this === resource, args, als.getStore(), executionAsyncId() === resource.asyncId); });
  als.run('emitted', () => say('EEA-3', resource.emit('x', 1, 2), resource.emit('nobody'), als.getStore()));
  resource.on('throws', () => { throw new Error('thrown'); });
  say('EEA-3', outcome(() => resource.emit('throws')), executionAsyncId() === resource.asyncId);
  resource.on('enter', () => { say('EEA-4', als.getStore()); als.enterWith('entered'); });
  resource.emit('enter');
  resource.emit('enter');
  say('EEA-5', resource.emitDestroy(), resource.emit('x'));
  say('EEA-6', outcome(() => Reflect.get(EventEmitterAsyncResource.prototype, 'asyncId', {})));
})();
