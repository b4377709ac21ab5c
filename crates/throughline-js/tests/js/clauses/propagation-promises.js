// Section 4: which context a continuation of a promise runs in.
'use strict';
const { AsyncLocalStorage } = require('node:async_hooks');
const { say, sees, sleep, tick } = require('../lib/say.js');

const als = new AsyncLocalStorage();
const lines = [];
const note = (label) => lines.push(`${label}: ${als.getStore()}`);
const deferred = () => Promise.withResolvers();

// The `then` call, not where it was resolved or rejected.
{
  const { promise, resolve, reject } = deferred();
  const other = deferred();
  als.run('then', () => { promise.then(() => note('then')); promise.finally(() => note('finally')); other.promise.catch(() => note('catch')); other.promise.then(null, () => note('then rejected')); });
  als.run('resolve', () => resolve());
  als.run('reject', () => other.reject(new Error('x')));
}
// Where it is made does not matter either.
{
  const made = als.run('made', () => new Promise((resolve) => { note('executor'); setTimeout(resolve, 1); }));
  als.run('attached', () => made.then(() => note('then on one made elsewhere')));
  als.run('awaiting', async () => { await made; note('await of one made elsewhere'); });
  made.then(() => note('then from outside'));
}
// Handlers in a chain: each its own `then`.
{
  const first = als.run('first', () => Promise.resolve().then(() => note('chain 1')));
  const second = als.run('second', () => first.then(() => { note('chain 2'); return als.run('inner', () => sleep(1)); }));
  als.run('third', () => second.then(() => note('chain 3')));
}
// What a handler answers.
als.run('h', () => Promise.resolve().then(() => ({ then(resolve) { note('thenable answered by a handler'); resolve(); } })).then(() => note('after it')));
als.run('h', () => Promise.resolve().then(() => als.run('deeper', () => ({ then(resolve) { note('thenable made deeper'); setTimeout(resolve, 1); } }))).then(() => note('after that')));
// Thenables.
als.run('t', async () => {
  await { then(resolve) { note('inside a thenable'); resolve(); } };
  note('after a thenable');
  await { then(resolve) { setTimeout(() => als.run('late', resolve), 1); } };
  note('after a late thenable');
  const { promise, resolve } = deferred();
  als.run('foreign', () => resolve({ then(done) { note('thenable given elsewhere'); done(); } }));
  await promise;
  note('after a thenable given elsewhere');
  await Promise.resolve({ then(done) { note('Promise.resolve(thenable)'); done(); } });
  note('after Promise.resolve(thenable)');
});
{
  const kept = [];
  als.run('k', async () => { await { then(resolve) { kept.push(resolve); } }; note('resolved from outside'); });
  als.run('k2', () => Promise.resolve({ then(resolve) { kept.push(resolve); } }).then(() => note('resolved from outside, then')));
  setTimeout(() => als.run('from', () => kept.forEach((resolve) => resolve())), 2);
}
// Enter between awaits.
(async () => {
  als.enterWith('one');
  await null;
  note('entered');
  als.enterWith('two');
  await sleep(1);
  note('entered again');
  als.run('run', () => {});
  await null;
  note('after a run');
})();
als.enterWith(undefined);
// Combinators: the caller's, and members their own.
als.run('all', async () => {
  const members = [1, 2].map((n) => als.run(`member ${n}`, async () => { await sleep(n); note(`member ${n}`); return n; }));
  note(`all ${await Promise.all(members)}`);
  note(`race ${await Promise.race([sleep(1), null])}`);
  note(`any ${await Promise.any([Promise.reject(new Error('x')), 2])}`);
  note(`allSettled ${(await Promise.allSettled([Promise.reject(new Error('x')), 2])).map((each) => each.status)}`);
  await Promise.all([]).then(() => note('of nothing'));
  await Promise.try(() => note('Promise.try'));
  note('after try');
});
// Async functions in async functions: what the callee changes after its first await is its own.
async function callee() { await null; als.enterWith('callee'); await null; note('callee'); return als.getStore(); }
als.run('caller', async () => { const answer = await callee(); note(`caller, answered ${answer}`); });
als.run('caller2', () => callee().then((answer) => note(`caller2, answered ${answer}`)));
als.run('returns a promise', async () => { await (async () => als.run('r', () => sleep(1)))(); note('returned promise'); });
als.run('throws', async () => { try { await (async () => { await null; als.enterWith('t'); throw new Error('x'); })(); } catch { note('caught'); } finally { note('finally block'); } });
als.run('rejects late', async () => { try { await als.run('deep', () => sleep(1).then(() => { throw new Error('x'); })); } catch { note('caught late'); } });
// Async generators: the `next` call that resumes.
{
  const generator = als.run('made here', () => (async function* () { for (;;) { note('generator'); await null; note('generator after its await'); yield als.getStore(); } })());
  als.run('next 1', async () => lines.push(`next 1 got ${(await generator.next()).value}`, `and is in ${als.getStore()}`));
  setTimeout(() => als.run('next 2', async () => lines.push(`next 2 got ${(await generator.next()).value}`, `and is in ${als.getStore()}`)), 5);
  setTimeout(() => als.run('return', async () => { await generator.return(); note('after return'); }), 10);
}
{
  // Requests that queue up in an async generator.
  const generator = (async function* () { for (let i = 0; i < 3; i += 1) { await sleep(1); yield `${i} ${als.getStore()}`; } })();
  for (const n of ['a', 'b', 'c', 'd']) als.run(n, () => generator.next().then(({ value }) => lines.push(`queued ${n}: ${value} in ${als.getStore()}`)));
}
// Subclasses and species.
class Sub extends Promise {}
als.run('sub', async () => { await new Sub((resolve) => setTimeout(resolve, 1)); note('await of a subclass'); });
als.run('sub', () => Sub.resolve().then(() => note('then of a subclass')).catch(() => {}).finally(() => note('finally of a subclass')));
als.run('sub', async () => { try { await new Sub((_, reject) => setTimeout(reject, 1)); } catch { note('rejected subclass'); } });
// Array.fromAsync, for await over sync iterables of promises.
als.run('fromAsync', async () => { await Array.fromAsync([sleep(1), 2], (n) => n); note('Array.fromAsync'); for await (const each of [sleep(1), 2]) void each; note('for await of promises'); });
// A shared promise: each in its own.
{
  const shared = sleep(3);
  for (const n of [1, 2, 3]) als.run(n, async () => { await shared; note(`shared ${n}`); await null; note(`shared ${n} again`); });
  for (const n of [4, 5]) als.run(n, () => shared.then(() => note(`shared then ${n}`)));
  als.run(6, () => shared.then(async () => { await null; note('shared then await'); }));
}
tick().then(() => lines.push(`root: ${als.getStore()}`));
setTimeout(() => { for (const line of lines.sort()) say('propagation', line); }, 60);
