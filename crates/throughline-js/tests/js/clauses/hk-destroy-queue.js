// HK-20, RES-10: when destroyed resources are told of.
'use strict';
const { AsyncResource, createHook, executionAsyncId, triggerAsyncId } = require('node:async_hooks');
const { say, tick } = require('../lib/say.js');

const log = [];
const names = new Map();
const make = (name) => { const r = new AsyncResource('R'); names.set(r.asyncId(), name); return r; };
const hook = createHook({ destroy(id) { if (names.has(id)) log.push(`destroy ${names.get(id)} ${executionAsyncId()} ${triggerAsyncId()}`); } });
const flush = (clause, label) => say(clause, label, log.splice(0).join(', '));
(async () => {
  hook.enable();
  await new Promise((resolve) => setImmediate(() => {
    make('a').emitDestroy();
    process.nextTick(() => log.push('tick'));
    queueMicrotask(() => log.push('microtask'));
    Promise.resolve().then(() => {}).then(() => {}).then(() => log.push('third then'));
    setImmediate(() => { log.push('immediate'); resolve(); });
    make('b').emitDestroy();
  }));
  flush('HK-20', 'order');
  // First in, first out, and each as often as it is asked for.
  const [a, b] = [make('a'), make('b')];
  for (const each of [b, a, b, b, a]) each.emitDestroy();
  await tick();
  await tick();
  flush('HK-20', 'queue');
  // Asked for while the queue is told.
  const again = make('again');
  let isFirst = true;
  const other = createHook({ destroy(id) { if (names.get(id) === 'c' && isFirst) { isFirst = false; again.emitDestroy(); } } }).enable();
  make('c').emitDestroy();
  make('d').emitDestroy();
  await tick();
  await tick();
  other.disable();
  flush('HK-20', 'while it is told');
  // A hook that is disabled by then does not hear of it.
  make('e').emitDestroy();
  hook.disable();
  await tick();
  await tick();
  hook.enable();
  await tick();
  flush('HK-20', 'disabled by then');
  // One that is enabled between.
  make('f').emitDestroy();
  const late = createHook({ destroy(id) { if (names.has(id)) log.push(`late ${names.get(id)}`); } }).enable();
  await tick();
  await tick();
  late.disable();
  flush('HK-20', 'enabled between');
  hook.disable();
  make('g').emitDestroy();
  hook.enable();
  await tick();
  await tick();
  flush('RES-10', 'no hook then');
  // Many.
  let count = 0;
  const counter = createHook({ destroy(id) { if (names.get(id) === 'many') count += 1; } }).enable();
  hook.disable();
  for (let i = 0; i < 40000; i += 1) make('many').emitDestroy();
  await tick();
  await tick();
  say('HK-20', 'many', count);
  // So many that microtasks alone cannot hold them up.
  count = 0;
  let atMost = 0;
  for (let i = 0; i < 100; i += 1) {
    for (let k = 0; k < 1000; k += 1) make('many').emitDestroy();
    await null;
    if (count > 0 && atMost === 0) atMost = i;
  }
  say('HK-20', 'without a turn of the loop', count > 0, atMost >= 14 && atMost <= 31);
  counter.disable();
  // What is pending at the end may be dropped, and does not hold the loop.
  make('last').emitDestroy();
})();
