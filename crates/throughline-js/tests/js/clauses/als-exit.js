// ALS-14 and ALS-15: `exit`.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say, outcome, sees } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const withDefault = new AsyncLocalStorage({ defaultValue: 'D' });
const other = new AsyncLocalStorage();

als.run('v', () => {
  say('ALS-14', als.exit(function (...args) { return [this === null || this === undefined, args, als.getStore()]; }, 1, 2), als.getStore());
  als.exit(() => {
    setTimeout(() => say('ALS-14', 'timer', als.getStore()), 1);
    Promise.resolve().then(() => say('ALS-14', 'then', als.getStore()));
    process.nextTick(() => say('ALS-14', 'tick', als.getStore()));
    (async () => { await null; say('ALS-14', 'await', als.getStore()); })();
  });
  say('ALS-14', outcome(() => als.exit(() => { throw new Error('thrown'); })), als.getStore());
  als.exit(() => als.enterWith('H'));
  say('ALS-14', 'entered inside', als.getStore());
  say('ALS-14', als.exit(() => als.run('inner', () => als.getStore())), als.getStore());
});
withDefault.run('v', () => {
  withDefault.exit(() => say('ALS-14', 'default', withDefault.getStore()));
  say('ALS-14', 'default', withDefault.getStore());
});
withDefault.exit(() => say('ALS-14', 'from no run', withDefault.getStore()));
say('ALS-14', withDefault.getStore());
// Nothing is set, so nothing is entered nor put back (ALS-10).
als.exit(() => als.enterWith('leaks'));
say('ALS-14', als.getStore());
als.enterWith(undefined);
als.run('a', () => other.run('b', () => als.exit(() => say('ALS-14', sees(als, other)))));
say('ALS-14', outcome(() => als.exit()), outcome(() => als.run('v', () => als.exit(1))), AsyncLocalStorage.prototype.exit.length);
als.run('v', async () => {
  await als.exit(async () => { await null; say('ALS-14', 'awaited', als.getStore()); });
  say('ALS-14', 'after it', als.getStore());
});

als.run(1, () => als.run(2, () => {
  als.exit(() => { als.exit(() => say('ALS-15', als.getStore())); say('ALS-15', als.getStore()); });
  say('ALS-15', als.getStore());
}));
als.enterWith(1);
als.enterWith(2);
als.exit(() => say('ALS-15', als.getStore()));
say('ALS-15', als.getStore());
