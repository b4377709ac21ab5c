// EE-18: `once`, `on`, `addAbortListener`.
const { once, on, addAbortListener, EventEmitter, getEventListeners } = require('node:events');
// An engine's own complaints differ in their words: only their class is compared.
const said = (e) => (e instanceof TypeError && e.code === undefined ? '(engine)' : (e?.message ?? e));
const log = (...args) => console.log(...args);
const shown = (e) => [e?.name, e?.code, said(e), e?.cause?.name ?? e?.cause, e instanceof Error ? Object.keys(e).join() : ''];
const settle = async (label, p) => { try { log(label, await p); } catch (e) { log(label, 'rejected', ...shown(e)); } };
const fails = (label, f) => { try { log(label, 'returned', f()); } catch (e) { log(label, ...shown(e)); } };
const tick = () => new Promise((r) => setImmediate(r));
(async () => {
  { const e = new EventEmitter(); const p = once(e, 'x'); e.emit('x', 1, 2); await settle('args', p); log(e.eventNames()); }
  { const e = new EventEmitter(); const p = once(e, 'x'); log(e.eventNames(), e); e.emit('error', new Error('boom')); await settle('error', p); log(e.eventNames()); }
  { const e = new EventEmitter(); const p = once(e, 'error'); e.emit('error', new Error('awaited')); await settle('await error', p.then((a) => a.map(String))); log(e.eventNames()); }
  { const e = new EventEmitter(); const p = once(e, 'x'); process.nextTick(() => { e.emit('x', 7); e.emit('x', 8); e.emit('error', 5); }); process.once('uncaughtException', (x) => log('late error', x.message)); await settle('first only', p); await tick(); }
  for (const bad of [null, 1, 'x', [], () => {}, Symbol('q')]) await settle('options', once(new EventEmitter(), 'x', bad));
  for (const bad of [1, {}, 'hi', null, false]) await settle('signal', once(new EventEmitter(), 'x', { signal: bad }));
  for (const bad of [{}, null, 1, 'x', undefined]) await settle('emitter', once(bad, 'x'));
  await settle('aborted', once(new EventEmitter(), 'x', { signal: AbortSignal.abort() })); await settle('aborted why', once(new EventEmitter(), 'x', { signal: AbortSignal.abort('why') }));
  { const ac = new AbortController(); const e = new EventEmitter(); const p = once(e, 'x', { signal: ac.signal }); log(e.listenerCount('x'), e.listenerCount('error'), getEventListeners(ac.signal, 'abort').length); ac.abort(); await settle('abort later', p); log(e.eventNames(), getEventListeners(ac.signal, 'abort').length); }
  { const ac = new AbortController(); const e = new EventEmitter(); const p = once(e, 'x', { signal: ac.signal }); e.emit('x'); await p; log(getEventListeners(ac.signal, 'abort').length); ac.abort(); const q = once(e, 'x', { signal: new AbortController().signal }); e.emit('error', new Error('cleans')); await settle('err', q); }
  { const t = new EventTarget(); const p = once(t, 'foo'); t.dispatchEvent(new Event('foo')); const [ev] = await p; log(ev.type, ev instanceof Event, getEventListeners(t, 'foo').length); const ac = new AbortController(); const q = once(t, 'bar', { signal: ac.signal }); ac.abort(5); await settle('target', q); log(getEventListeners(t, 'bar').length); const r = once(t, 'error'); t.dispatchEvent(new Event('error')); log((await r)[0].type); }
  // on
  { const e = new EventEmitter(); process.nextTick(() => { e.emit('x', 1); e.emit('x', 2, 3); }); const out = []; for await (const v of on(e, 'x')) { out.push(v); if (out.length === 2) break; } log(out, e.eventNames()); }
  { const e = new EventEmitter(); const it = on(e, 'x'); log(Object.prototype.toString.call(it), it[Symbol.asyncIterator]() === it, Object.keys(it).join(), e.listenerCount('x'), e.listenerCount('error')); e.emit('x', 'buffered'); e.emit('error', new Error('stop')); await settle('buffered first', it.next()); await settle('then error', it.next()); await settle('then done', it.next()); log(e.eventNames()); }
  { const e = new EventEmitter(); const it = on(e, 'x'); const a = it.next(), b = it.next(); e.emit('error', new Error('to the first')); await settle('a', a); await settle('b', b); await settle('c', it.next()); }
  { const e = new EventEmitter(); const it = on(e, 'x', { close: ['end', 'close'] }); const a = it.next(); e.emit('x', 1); e.emit('x', 2); e.emit('end'); await settle('1', a); await settle('2', it.next()); await settle('done', it.next()); log(e.eventNames()); }
  { const e = new EventEmitter(); const it = on(e, 'x'); const a = it.next(); await settle('return', it.return()); await settle('a', a); await settle('after', it.next()); await settle('return again', it.return()); }
  { const e = new EventEmitter(); const it = on(e, 'x'); for (const bad of [undefined, null, 'x', {}]) fails('throw', () => it.throw(bad)); const a = it.next(); fails('throw', () => it.throw(new Error('thrown in'))); await settle('a', a); await settle('b', it.next()); log(e.eventNames()); }
  { const e = new EventEmitter(); const it = on(e, 'error'); e.emit('error', new Error('as value')); await settle('error as value', it.next().then((r) => [r.done, String(r.value)])); await it.return(); log(e.eventNames()); }
  { const e = new EventEmitter(); e.pause = () => log('pause'); e.resume = () => log('resume'); const it = on(e, 'x', { highWaterMark: 2, lowWaterMark: 1 }); for (let i = 0; i < 4; i += 1) { log('emit', i); e.emit('x', i); } for (let i = 0; i < 4; i += 1) await settle('next', it.next()); e.emit('x', 'more'); await settle('more', it.next()); }
  { const e = new EventEmitter(); e.pause = () => log('pause'); e.resume = () => log('resume'); const it = on(e, 'x', { highWatermark: 3, lowWatermark: 3 }); for (let i = 0; i < 6; i += 1) e.emit('x', i); for (let i = 0; i < 6; i += 1) await settle('next', it.next()); }
  for (const bad of [0, -1, 1.5, 'x', NaN, {}]) { fails('high', () => on(new EventEmitter(), 'x', { highWaterMark: bad })); fails('low', () => on(new EventEmitter(), 'x', { lowWaterMark: bad })); }
  for (const bad of [null, 1, 'x', []]) fails('options', () => on(new EventEmitter(), 'x', bad)); for (const bad of [1, {}, 'hi', null]) fails('signal', () => on(new EventEmitter(), 'x', { signal: bad })); for (const bad of [{}, 1]) fails('emitter', () => on(bad, 'x')); fails('aborted', () => on(new EventEmitter(), 'x', { signal: AbortSignal.abort('r') }));
  { const ac = new AbortController(); const e = new EventEmitter(); const it = on(e, 'x', { signal: ac.signal }); e.emit('x', 1); const a = it.next(); ac.abort(); await settle('value', a); await settle('abort', it.next()); await settle('done', it.next()); log(e.eventNames(), getEventListeners(ac.signal, 'abort').length); }
  { const ac = new AbortController(); const e = new EventEmitter(); const loop = (async () => { for await (const v of on(e, 'x', { signal: ac.signal })) log('loop', v); })(); e.emit('x', 1); await tick(); ac.abort(new Error('own reason')); await settle('loop', loop); }
  { const t = new EventTarget(); const it = on(t, 'foo'); t.dispatchEvent(new Event('foo')); log((await it.next()).value[0].type); await it.return(); log(getEventListeners(t, 'foo').length); }
  { const e = new EventEmitter(); const it = on(e, 'x'); const watermark = it[Symbol.for('nodejs.watermarkData')]; e.emit('x'); e.emit('x'); log(watermark.size, watermark.low, watermark.high, watermark.isPaused); }
  { const e = new EventEmitter(); for await (const v of on(e, 'x', { close: ['end'] })) log(v); log('never'); }
})().catch(log).finally(() => log('not reached'));
process.on('exit', () => log('exit, one loop pending'));
{ for (const bad of [undefined, null, {}, 1, 'x']) fails('aal', () => addAbortListener(bad, () => {})); for (const bad of [undefined, null, {}, 1]) fails('aal fn', () => addAbortListener(new AbortController().signal, bad));
  const ac = new AbortController(); const d = addAbortListener(ac.signal, () => log('listener')); log(Object.getPrototypeOf(d), typeof d[Symbol.dispose]); const d2 = addAbortListener(ac.signal, () => log('disposed')); d2[Symbol.dispose](); d2[Symbol.dispose](); ac.signal.addEventListener('abort', (e) => { log('first'); e.stopImmediatePropagation(); }); ac.signal.addEventListener('abort', () => log('stopped')); addAbortListener(ac.signal, (e) => log('still called', e?.type)); ac.abort(); addAbortListener(ac.signal, (e) => log('already aborted', e)); log('sync'); }
