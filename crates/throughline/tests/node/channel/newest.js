// DC-7, DC-9, DC-11 and DC-16 as Node 26 has them. Older ones differ, or lack it.
const dc = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');

if (!dc.boundedChannel) {
  console.log('too old');
  return;
}

const a = new AsyncLocalStorage();
const b = new AsyncLocalStorage();

// DC-7: a later transform sees what earlier ones set.
const steps = dc.channel('like_node.newest.steps');
steps.bindStore(a, (n) => n + (b.getStore() ?? 0));
steps.bindStore(b, (n) => n + (a.getStore() ?? 0));
steps.runStores(1, () => console.log('steps', a.getStore(), b.getStore()));

// DC-9
steps.subscribe((n) => console.log('heard', n, a.getStore(), b.getStore()));
a.run(50, () => {
  const scope = steps.withStoreScope(2);
  console.log('in scope', a.getStore(), b.getStore());
  scope[Symbol.dispose]();
  scope[Symbol.dispose]();
  console.log('after scope', a.getStore(), b.getStore() ?? '-');
});

// DC-11
const bounded = dc.boundedChannel('like_node.newest.bounded');
console.log('used', bounded.hasSubscribers, bounded.run(1, () => 'plain'));
bounded.start.bindStore(a, (n) => n * 10);
bounded.subscribe({
  start: (n) => console.log('start', n, a.getStore()),
  end: (n) => console.log('end', n, a.getStore()),
});
console.log('answer', bounded.run(3, () => {
  console.log('body', a.getStore());
  return 'fine';
}), a.getStore() ?? '-');
try {
  bounded.run(4, () => {
    throw new Error('bad');
  });
} catch (error) {
  console.log('caught', error.message, a.getStore() ?? '-');
}
const scope = bounded.withScope(5);
console.log('in scope', a.getStore());
scope[Symbol.dispose]();
scope[Symbol.dispose]();
console.log('after scope', a.getStore() ?? '-');

// DC-16
const calls = dc.tracingChannel('like_node.newest.trace');
calls.start.bindStore(a, () => 'start');
calls.asyncStart.bindStore(a, () => `async after ${a.getStore()}`);
calls.asyncStart.subscribe(() => console.log('asyncStart', a.getStore()));
calls.asyncEnd.subscribe(() => console.log('asyncEnd', a.getStore()));
(async () => {
  const answer = await calls.tracePromise(async () => {
    await undefined;
    console.log('rest', a.getStore());
    return 'fine';
  }, {});
  console.log('answer', answer, a.getStore() ?? '-');
})();
