// ALS-16 to ALS-20: `enterWith`.
'use strict';
const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const { say, sees, sleep } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const other = new AsyncLocalStorage();

setTimeout(() => say('ALS-20', 'scheduled before', als.getStore()), 1);
Promise.resolve().then(() => say('ALS-20', 'then before', als.getStore()));
say('ALS-16', als.enterWith('top'), als.getStore(), AsyncLocalStorage.prototype.enterWith.length);
setTimeout(() => say('ALS-20', 'scheduled after', als.getStore()), 1);
Promise.resolve().then(() => say('ALS-20', 'then after', als.getStore()));
process.nextTick(() => say('ALS-16', 'tick', als.getStore()));

als.run('run', () => {
  als.enterWith('inside');
  other.enterWith('other');
  setTimeout(() => say('ALS-16', 'timer', sees(als, other)), 1);
});
say('ALS-16', sees(als, other));
other.enterWith(undefined);

const emitter = new EventEmitter();
emitter.on('x', () => als.enterWith('of the first listener'));
emitter.on('x', () => say('ALS-17', als.getStore()));
emitter.emit('x');
say('ALS-17', als.getStore());
[1, 2].forEach((n) => { say('ALS-17', als.getStore()); als.enterWith(`item ${n}`); });
say('ALS-17', als.getStore());
als.enterWith('top');

async function beforeAwait() {
  als.enterWith('before the await');
  await null;
  say('ALS-18', 'callee', als.getStore());
  als.enterWith('after the await');
  await null;
  say('ALS-18', 'callee', als.getStore());
}
(async () => {
  const promise = beforeAwait();
  say('ALS-18', 'caller', als.getStore());
  await promise;
  say('ALS-18', 'caller', als.getStore());
  await sleep(2);
  say('ALS-18', 'caller', als.getStore());
})();
say('ALS-18', 'its caller', als.getStore());
als.enterWith('top');

(async () => {
  await sleep(10);
  // A store that is entered between two awaits persists in the function, and nowhere else.
  const log = [];
  const one = (async () => { als.enterWith('one'); await sleep(60); log.push(als.getStore()); als.enterWith('one again'); await sleep(120); log.push(als.getStore()); })();
  als.enterWith('mine');
  const two = (async () => { await sleep(1); log.push(als.getStore()); als.enterWith('two'); await sleep(120); log.push(als.getStore()); })();
  await Promise.all([one, two]);
  say('ALS-18', log.join(), als.getStore());

  // From one callback of a resource to the next it does not last.
  let n = 0;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      say('ALS-19', n, als.getStore());
      als.enterWith(`turn ${n}`);
      n += 1;
      if (n === 3) { clearInterval(timer); resolve(); }
    }, 1);
  });
  const resource = new AsyncResource('R');
  for (let i = 0; i < 2; i += 1) resource.runInAsyncScope(() => { say('ALS-19', als.getStore()); als.enterWith(`scope ${i}`); });
  say('ALS-19', als.getStore());
  const bound = AsyncLocalStorage.bind(() => { const seen = als.getStore(); als.enterWith('bound'); return seen; });
  say('ALS-19', bound(), bound(), als.getStore());
  const promise = Promise.resolve();
  als.enterWith('for both');
  await Promise.all([promise.then(() => { als.enterWith('first reaction'); }), promise.then(() => say('ALS-19', als.getStore()))]);
  say('ALS-19', als.getStore());
  // In a generator it is the caller's.
  const generator = (function* () { als.enterWith('in the generator'); yield als.getStore(); say('ALS-18', als.getStore()); })();
  generator.next();
  say('ALS-18', als.getStore());
  als.run('resumed here', () => generator.next());
  const asyncGenerator = (async function* () { als.enterWith('first'); yield als.getStore(); yield als.getStore(); await null; yield als.getStore(); })();
  const seen = [];
  seen.push((await asyncGenerator.next()).value);
  als.enterWith('between');
  seen.push((await asyncGenerator.next()).value);
  seen.push(await als.run('in a run', async () => (await asyncGenerator.next()).value));
  say('ALS-18', seen.join(), als.getStore());
})();
