// ALS-25 to ALS-28: `withScope`.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say, outcome, sees, tick } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const withDefault = new AsyncLocalStorage({ defaultValue: 'D' });

const scope = als.withScope('v');
say('ALS-25', als.getStore(), scope.constructor.name, Object.getOwnPropertyNames(Object.getPrototypeOf(scope)).join(), AsyncLocalStorage.prototype.withScope.length);
say('ALS-25', scope.dispose(), als.getStore());
als.enterWith('later');
scope.dispose();
scope[Symbol.dispose]();
say('ALS-25', 'a second time', als.getStore());
als.enterWith(undefined);
say('ALS-25', typeof scope[Symbol.dispose], scope[Symbol.dispose] === scope.dispose, Object.keys(scope).join());
say('ALS-25', outcome(() => new scope.constructor()), outcome(() => Object.getPrototypeOf(scope).dispose.call({})));
{
  const a = als.withScope('a');
  const b = als.withScope('b');
  say('ALS-25', als.getStore());
  b.dispose();
  say('ALS-25', als.getStore());
  a.dispose();
  say('ALS-25', als.getStore());
}
{
  const a = als.withScope('a');
  const b = other.withScope('b');
  a.dispose();
  say('ALS-25', 'of two storages', sees(als, other));
  b.dispose();
  say('ALS-25', sees(als, other));
}

// Out of order.
{
  const outer = als.withScope('outer');
  const inner = als.withScope('inner');
  outer.dispose();
  say('ALS-26', als.getStore());
  inner.dispose();
  say('ALS-26', 'comes back', als.getStore());
  als.enterWith(undefined);
}
{
  let kept;
  als.run('run', () => { kept = als.withScope('in the run'); });
  say('ALS-26', als.getStore());
  als.run('unrelated', () => { kept.dispose(); say('ALS-26', 'in another run', als.getStore()); });
  say('ALS-26', als.getStore());
  als.run('first', () => { kept = als.withScope('in the run'); });
  kept.dispose();
  say('ALS-26', 'after its run', als.getStore());
  als.enterWith(undefined);
}

async function leaks() {
  const held = als.withScope('of the callee');
  await tick();
  say('ALS-27', 'callee', als.getStore());
  held.dispose();
  say('ALS-27', 'callee', als.getStore());
}
const promise = leaks();
say('ALS-27', 'caller', als.getStore());
als.enterWith(undefined);
promise.then(() => say('ALS-27', 'then', als.getStore()));

{
  const held = withDefault.withScope('v');
  say('ALS-28', withDefault.getStore());
  held.dispose();
  say('ALS-28', withDefault.getStore());
  withDefault.enterWith(undefined);
  const again = withDefault.withScope('w');
  again.dispose();
  say('ALS-28', withDefault.getStore());
}
say('ALS-25', outcome(() => { const held = als.withScope('thrown'); try { throw new Error('x'); } finally { held.dispose(); } }), als.getStore());
// A scope in which a run, and a run in which a scope.
{
  const held = als.withScope('scope');
  als.run('run', () => say('ALS-25', als.getStore()));
  say('ALS-25', als.getStore());
  als.exit(() => { const inner = als.withScope('in the exit'); inner.dispose(); say('ALS-25', als.getStore()); });
  held.dispose();
}
say('ALS-25', als.getStore());
