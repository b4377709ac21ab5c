// ALS-21 to ALS-24: `disable`.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { say, sees, sleep } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const withDefault = new AsyncLocalStorage({ defaultValue: 'D' });

say('ALS-23', als.disable(), als.getStore(), withDefault.disable(), withDefault.getStore());
als.disable();

als.run('v', () => {
  setTimeout(() => say('ALS-21', 'captured the same frame, before', als.getStore()), 1);
  const resource = new AsyncResource('R');
  const snapshot = AsyncLocalStorage.snapshot();
  const inner = other.run('o', () => AsyncLocalStorage.snapshot());
  const then = Promise.resolve().then(() => say('ALS-21', 'then, before', als.getStore()));
  als.disable();
  say('ALS-21', 'now', als.getStore());
  say('ALS-21', 'resource', resource.runInAsyncScope(() => als.getStore()));
  say('ALS-21', 'snapshot', snapshot(() => als.getStore()));
  say('ALS-21', 'snapshot of another frame', inner(() => sees(als, other)));
  setTimeout(() => say('ALS-21', 'captured after', als.getStore()), 1);
});
say('ALS-22', als.getStore());

als.run('outer', () => {
  const outer = AsyncLocalStorage.snapshot();
  als.run('inner', () => {
    als.disable();
    say('ALS-21', 'the outer frame', outer(() => als.getStore()));
    say('ALS-22', 'inner', als.getStore());
  });
  say('ALS-22', 'outer', als.getStore());
  als.disable();
  say('ALS-22', als.getStore(), outer(() => als.getStore()));
});
say('ALS-22', als.getStore());
withDefault.run('v', () => {
  withDefault.disable();
  say('ALS-23', withDefault.getStore());
  withDefault.disable();
  say('ALS-23', withDefault.getStore());
});
say('ALS-22', withDefault.getStore());
withDefault.run('outer', () => {
  withDefault.run('inner', () => withDefault.disable());
  say('ALS-22', withDefault.getStore());
});

// Not from outside of a run.
let inside;
als.run('kept', () => { inside = AsyncLocalStorage.snapshot(); });
als.disable();
say('ALS-21', inside(() => als.getStore()));

// Others stay.
als.run('a', () => other.run('b', () => { als.disable(); say('ALS-21', sees(als, other)); }));
say('ALS-21', sees(als, other));

// `enterWith` and `run` after it.
als.enterWith('entered');
als.disable();
say('ALS-21', als.getStore());
als.enterWith('again');
say('ALS-21', als.getStore(), als.run('run', () => als.getStore()), als.getStore());

// A frame that was run in, left and kept: what changes it is seen by who kept it, and by nobody else.
(async () => {
  await sleep(10);
  als.enterWith('base');
  const base = AsyncLocalStorage.snapshot();
  other.run('x', () => {});
  als.disable();
  say('ALS-21', 'after a run of another', als.getStore(), base(() => als.getStore()));
  als.enterWith('second base');
  const second = AsyncLocalStorage.snapshot();
  other.run(undefined, () => {});
  als.disable();
  say('ALS-21', 'after a run that entered nothing', als.getStore(), second(() => als.getStore()));
  als.enterWith('third');
  const awaited = (async () => { await null; return als.getStore(); })();
  als.disable();
  say('ALS-21', 'suspended', await awaited);
  als.run('fourth', () => {
    const before = AsyncLocalStorage.snapshot();
    als.run('nested', () => {});
    const after = AsyncLocalStorage.snapshot();
    als.disable();
    say('ALS-21', 'after a nested run', als.getStore(), before(() => als.getStore()), after(() => als.getStore()));
  });
})();

// It is meant for the collector.
for (let i = 0; i < 100; i += 1) {
  const shortLived = new AsyncLocalStorage();
  shortLived.run(i, () => {});
  shortLived.disable();
}
say('ALS-24', als.getStore());
