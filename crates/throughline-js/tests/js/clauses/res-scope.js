// RES-6 to RES-12: scopes, destruction, bound functions.
'use strict';
const { AsyncLocalStorage, AsyncResource, executionAsyncId, triggerAsyncId, executionAsyncResource } = require('node:async_hooks');
const { say, outcome, tick } = require('../lib/say.js');
const { watch } = require('../lib/watch.js');

const als = new AsyncLocalStorage();
(async () => {
  const w = watch({ types: ['A', 'B', 'f', 'bound-anonymous-fn', 'TYPE'] }).enable();
  const a = new AsyncResource('A');
  const b = new AsyncResource('B', { triggerAsyncId: a.asyncId() });
  say('RES-6', a.runInAsyncScope(function (...args) { w.log('in a'); return [this, args]; }, 'this', 1, 2));
  say('RES-6', a.runInAsyncScope(function () { return this; }), AsyncResource.prototype.runInAsyncScope.length);
  say('RES-6', outcome(() => a.runInAsyncScope(() => { throw new Error('thrown'); })), w.of(executionAsyncId()));
  say('RES-6', outcome(() => a.runInAsyncScope()), outcome(() => a.runInAsyncScope(1)), w.of(executionAsyncId()));
  a.runInAsyncScope(() => {
    w.log('a');
    b.runInAsyncScope(() => {
      w.log('b in a');
      a.runInAsyncScope(() => w.log('a in b in a'));
      w.log('b in a');
      say('RES-6', executionAsyncResource() === b, triggerAsyncId() === a.asyncId());
    });
    w.log('a');
  });
  w.print('RES-6');
  w.disable();
  {
    let depth = 0;
    const nest = () => { depth += 1; if (depth < 2000) new AsyncResource('N').runInAsyncScope(nest); };
    const id = executionAsyncId();
    nest();
    say('RES-6', depth, executionAsyncId() === id);
    const same = new AsyncResource('SAME');
    let n = 0;
    const again = () => { n += 1; if (n < 1000) same.runInAsyncScope(again); else throw new Error('at the bottom'); };
    say('RES-6', outcome(() => same.runInAsyncScope(again)), n, executionAsyncId() === id);
  }
  {
    const id = executionAsyncId();
    let caught;
    a.runInAsyncScope(() => { try { b.runInAsyncScope(() => { throw new Error('x'); }); } catch { caught = executionAsyncId(); } });
    say('RES-6', caught === a.asyncId(), executionAsyncId() === id);
  }

  const made = als.run('made', () => new AsyncResource('M'));
  als.run('caller', () => {
    made.runInAsyncScope(() => { say('RES-8', als.getStore()); als.enterWith('inside'); });
    say('RES-8', als.getStore());
    made.runInAsyncScope(() => say('RES-8', als.getStore()));
  });
  als.enterWith('before');
  const fixed = new AsyncResource('F');
  als.enterWith('after');
  fixed.runInAsyncScope(() => say('RES-8', als.getStore()));
  als.enterWith(undefined);
  // Async work of a scope.
  await made.runInAsyncScope(async () => { await null; say('RES-8', 'await in a scope', als.getStore()); });
  await new Promise((resolve) => made.runInAsyncScope(() => setTimeout(() => { say('RES-8', 'timer of a scope', als.getStore()); resolve(); }, 1)));

  w.enable();
  const d = new AsyncResource('A');
  say('RES-9', d.emitDestroy() === d, d.emitDestroy() === d);
  d.runInAsyncScope(() => w.log('after emitDestroy'));
  const manual = new AsyncResource('B', { requireManualDestroy: true });
  manual.emitDestroy();
  await tick();
  await tick();
  w.print('RES-9');
  w.disable();
  say('RES-9', 'the frame is kept', (() => { const kept = als.run('kept', () => new AsyncResource('K')); kept.emitDestroy(); return kept.runInAsyncScope(() => als.getStore()); })());

  const early = new AsyncResource('A');
  early.emitDestroy();
  w.enable();
  await tick();
  await tick();
  w.print('RES-10');
  say('RES-10', 'nothing before this line', w.lines.length);

  const resource = new AsyncResource('A');
  for (const bad of [undefined, null, 1, 'f', {}]) say('RES-11', outcome(() => resource.bind(bad)));
  function f(x, y) { return [this, x, y]; }
  say('RES-11', resource.bind(f).call('caller', 1, 2), resource.bind(f, 'fixed').call('caller', 1), resource.bind(f, null).call('caller'), resource.bind(f, false).call('caller'), resource.bind(f, undefined).call('caller'));
  say('RES-11', resource.bind(f).length, resource.bind(f).name, resource.bind(f, 1).length, resource.bind(f, 1).name, AsyncResource.prototype.bind.length);
  w.lines.length = 0;
  const bound = resource.bind(() => w.log('bound'));
  bound();
  bound();
  say('RES-11', outcome(() => resource.bind(() => { throw new Error('thrown'); })()));
  w.print('RES-11');

  for (const bad of [1, 'f', {}, Symbol('s')]) say('RES-12', outcome(() => AsyncResource.bind(bad)));
  say('RES-12', outcome(() => AsyncResource.bind(undefined)), outcome(() => AsyncResource.bind(null)));
  AsyncResource.bind(f);
  AsyncResource.bind(() => {});
  AsyncResource.bind(() => {}, 'TYPE');
  AsyncResource.bind(() => {}, '');
  say('RES-12', outcome(() => AsyncResource.bind(() => {}, 1)), outcome(() => AsyncResource.bind(() => {}, {})), AsyncResource.bind.length);
  say('RES-12', AsyncResource.bind(f, 'TYPE', 'this')(1, 2), AsyncResource.bind(f).call('caller', 3));
  w.print('RES-12');
  w.disable();
  class Sub extends AsyncResource {}
  say('RES-12', outcome(() => typeof Sub.bind(() => {})));
})();
