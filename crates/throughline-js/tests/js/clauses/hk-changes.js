// HK-6 to HK-8: hooks that are enabled and disabled while events are told.
'use strict';
const { AsyncResource, createHook } = require('node:async_hooks');
const { say, tick } = require('../lib/say.js');

const seen = [];
// Against the collector, which may tell of the end of what nobody holds.
const kept = [];
const names = new Map();
const of = (id) => names.get(id) ?? '?';
const logger = (name) => ({
  init(id, type, trigger, resource) { kept.push(resource); if (/^[A-Z]$/.test(type)) { names.set(id, type); seen.push(`${name}:init ${type}`); } },
  before(id) { if (names.has(id)) seen.push(`${name}:before ${of(id)}`); },
  after(id) { if (names.has(id)) seen.push(`${name}:after ${of(id)}`); },
  destroy(id) { if (names.has(id)) seen.push(`${name}:destroy ${of(id)}`); },
});
const flush = (clause, label) => { say(clause, label, seen.splice(0).join(', ')); };
(async () => {
  // Enabled in `init`: sees neither this event nor those nested in it.
  {
    const late = createHook(logger('late'));
    let nested = false;
    const first = createHook({ init(id, type) { if (type !== 'A' || nested) return; nested = true; late.enable(); new AsyncResource('B').runInAsyncScope(() => {}); } }).enable();
    const a = new AsyncResource('A');
    flush('HK-6', 'during');
    a.runInAsyncScope(() => {});
    new AsyncResource('C');
    flush('HK-6', 'afterwards');
    late.disable();
    first.disable();
  }
  // Disabled in `init` by an earlier hook: still sees this event, and nested ones.
  {
    const late = createHook(logger('late'));
    let nested = false;
    const first = createHook({ init(id, type) { if (type !== 'D' || nested) return; nested = true; late.disable(); new AsyncResource('E'); } }).enable();
    late.enable();
    new AsyncResource('D');
    new AsyncResource('F');
    flush('HK-6', 'disabled in init');
    first.disable();
  }
  // Several changes in one event: the last counts.
  {
    const late = createHook(logger('late'));
    const first = createHook({ init(id, type) { if (type !== 'G') return; late.enable(); late.disable(); late.enable(); } }).enable();
    new AsyncResource('G');
    new AsyncResource('H');
    flush('HK-6', 'on, off, on');
    first.disable();
    late.disable();
  }
  // In `before`, `after`.
  {
    const late = createHook(logger('late'));
    const first = createHook({ before() { late.enable(); } }).enable();
    const a = new AsyncResource('I');
    names.set(a.asyncId(), 'I');
    a.runInAsyncScope(() => {});
    first.disable();
    flush('HK-6', 'enabled in before');
    const second = createHook({ after() { late.disable(); } }).enable();
    a.runInAsyncScope(() => {});
    second.disable();
    flush('HK-6', 'disabled in after');
  }
  // In a callback that is no hook's: `after` without `before`, and the other way round.
  {
    const hook = createHook(logger('hook'));
    const a = new AsyncResource('J');
    names.set(a.asyncId(), 'J');
    a.runInAsyncScope(() => hook.enable());
    flush('HK-7', 'enabled in the callback');
    a.runInAsyncScope(() => hook.disable());
    flush('HK-7', 'disabled in the callback');
    a.runInAsyncScope(() => { hook.enable(); new AsyncResource('K').runInAsyncScope(() => {}); hook.disable(); });
    flush('HK-7', 'both');
  }
  // Enabled after a resource was made.
  {
    const a = new AsyncResource('L');
    names.set(a.asyncId(), 'L');
    const hook = createHook(logger('hook')).enable();
    a.runInAsyncScope(() => {});
    a.emitDestroy();
    await tick();
    await tick();
    hook.disable();
    flush('HK-8', 'later');
  }
  // A timer that was there before.
  {
    const events = [];
    let id;
    await new Promise((resolve) => {
      const timer = setTimeout(() => { events.push('callback'); setImmediate(resolve); }, 2);
      id = timer[Symbol.toPrimitive]();
      createHook({ before(x) { if (x === id) events.push('before'); }, after(x) { if (x === id) events.push('after'); }, destroy(x) { if (x === id) events.push('destroy'); } }).enable();
    });
    say('HK-8', events.join());
  }
})();
