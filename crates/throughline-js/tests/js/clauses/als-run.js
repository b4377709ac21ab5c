// ALS-7 to ALS-13: `run`.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say, outcome, sees, tick } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();

say('ALS-7', als.run(1, function (...args) { return [this === null || this === undefined, args, als.getStore()]; }, 'a', 2, undefined));
say('ALS-7', als.run(1, () => {}), AsyncLocalStorage.prototype.run.length, als.run('x', (...args) => args.length));
say('ALS-7', als.run('r', Function.prototype.call.bind(function () { return typeof this; }), 5));
{
  const promise = als.run('async', async () => { await null; return als.getStore(); });
  say('ALS-7', promise instanceof Promise, als.getStore());
  promise.then((value) => say('ALS-7', value, als.getStore()));
}
say('ALS-7', [...als.run('generator', function* () { yield als.getStore(); })]);

say('ALS-8', outcome(() => als.run('v', () => { throw new Error(`thrown in ${als.getStore()}`); })), als.getStore());
say('ALS-8', outcome(() => als.run('v', () => { throw undefined; })), als.getStore());
als.run('outer', () => {
  say('ALS-8', outcome(() => als.run('inner', () => als.run('innermost', () => { throw new Error('deep'); }))), als.getStore());
});
say('ALS-8', outcome(() => als.run('v', function overflow() { return overflow() + 1; })), als.getStore());

// Only its own key is put back.
als.run(1, () => { other.enterWith('stays'); });
say('ALS-9', sees(als, other));
other.run('inside', () => {
  als.run(2, () => other.enterWith('entered'));
  say('ALS-9', sees(als, other));
});
say('ALS-9', sees(als, other));
other.enterWith(undefined);
say('ALS-9', outcome(() => als.run(1, () => { other.enterWith('before the throw'); throw new Error('x'); })), sees(als, other));
other.enterWith(undefined);
als.run(1, () => { als.enterWith(2); });
say('ALS-9', 'own key', als.getStore());
als.run(1, () => other.run(1, () => { als.enterWith('crossed'); other.enterWith('crossed'); }));
say('ALS-9', sees(als, other));
als.run(1, () => { other.run(1, () => { als.enterWith('crossed'); }); say('ALS-9', sees(als, other)); });
say('ALS-9', sees(als, other));

// A store that is current already is not entered, and nothing is put back.
als.run('same', () => {
  als.run('same', () => als.enterWith('leaks'));
  say('ALS-10', als.getStore());
});
say('ALS-10', als.getStore());
for (const [a, b] of [[NaN, NaN], [0, -0], [null, undefined], ['1', 1], [10n, 10n]]) {
  als.run(a, () => {
    als.run(b, () => als.enterWith('inner'));
    say('ALS-10', String(a), String(b), als.getStore());
  });
}
als.run(undefined, () => als.enterWith('leaks from run(undefined)'));
say('ALS-10', als.getStore());
als.enterWith(undefined);
{
  const withDefault = new AsyncLocalStorage({ defaultValue: 'd' });
  withDefault.run('d', () => withDefault.enterWith('leaks'));
  say('ALS-10', withDefault.getStore());
  withDefault.enterWith('d');
}
{
  const object = {};
  als.run(object, () => { als.run(object, () => { als.enterWith('leak'); }); say('ALS-10', als.getStore()); });
}
als.run('same', () => say('ALS-10', outcome(() => als.run('same', () => { als.enterWith('e'); throw new Error('thrown'); })), als.getStore()));

say('ALS-11', als.run(1, () => [als.getStore(), als.run(2, () => [als.getStore(), als.run(3, () => als.getStore()), als.getStore()]), als.getStore()]));
als.run('a', () => other.run('b', () => { als.run('c', () => say('ALS-11', sees(als, other))); say('ALS-11', sees(als, other)); }));
{
  let deepest;
  const nest = (n) => als.run(n, () => { if (n === 1000) deepest = als.getStore(); else nest(n + 1); if (als.getStore() !== n) say('ALS-11', 'lost', n); });
  nest(0);
  say('ALS-11', deepest, als.getStore());
}
{
  const many = Array.from({ length: 50 }, () => new AsyncLocalStorage());
  const enter = (i) => (i === many.length ? many.map((each) => each.getStore()).join() : many[i].run(i, () => enter(i + 1)));
  say('ALS-11', enter(0));
  say('ALS-11', many.every((each) => each.getStore() === undefined));
}

for (const bad of [undefined, null, 1, 'text', {}, []]) say('ALS-12', outcome(() => als.run('v', bad)), als.getStore());
say('ALS-12', outcome(() => als.run('v')), als.getStore());

als.enterWith('old');
als.disable();
say('ALS-13', als.getStore());
als.run('new', () => say('ALS-13', als.getStore()));
say('ALS-13', als.getStore());
als.disable();
say('ALS-13', als.run('again', () => als.getStore()), als.getStore());

// Runs that overlap in time keep to themselves.
(async () => {
  await Promise.all([1, 2, 3, 4].map((n) => als.run(n, async () => {
    for (let i = 0; i < n; i += 1) await null;
    await tick();
    await new Promise((resolve) => setTimeout(resolve, 5 - n));
    if (als.getStore() !== n) say('ALS-11', 'mixed', n, als.getStore());
  })));
  say('ALS-11', 'overlapping', als.getStore());
})();
