// node --expose-gc bench.mjs N: what AsyncLocalStorage costs with N others set, as JSON. One process per N, since Node 20 pays for each storage ever used.
import { AsyncLocalStorage, createHook } from 'node:async_hooks';

const N = Number(process.argv[2]);
const ROUNDS = 15;
let sink = 0;
const found = {};
const now = () => Number(process.hrtime.bigint());

function keep(name, times) {
  times.sort((a, b) => a - b);
  found[name] = times[times.length >> 1];
}

function sync(name, body) {
  let n = 64;
  for (;;) {
    const start = now();
    body(n);
    if (now() - start > 1e6) break;
    n *= 2;
  }
  for (let i = 0; i < 20; i++) body(n);
  keep(name, Array.from({ length: ROUNDS }, () => {
    const start = now();
    body(n);
    return (now() - start) / n;
  }));
}

async function awaited(name, body) {
  let n = 16;
  for (;;) {
    const start = now();
    await body(n);
    if (now() - start > 2e6) break;
    n *= 2;
  }
  for (let i = 0; i < 10; i++) await body(n);
  const times = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = now();
    await body(n);
    times.push((now() - start) / n);
  }
  keep(name, times);
}

const all = Array.from({ length: N + 1 }, () => new AsyncLocalStorage());
const storage = all[N];
const live = (n, f, i = 0) => (i === n ? f() : all[i].run(i, () => live(n, f, i + 1)));
const awaits = async (n) => { for (let i = 0; i < n; i++) await null; };

live(N, () => storage.run(7, () => {
  if (storage.getStore() !== 7) throw new Error('nothing is set');
  sync('getStore', (n) => { for (let i = 0; i < n; i++) sink += storage.getStore(); });
}));
live(N, () => {
  const count = () => { sink++; };
  sync('run', (n) => { for (let i = 0; i < n; i++) storage.run(i, count); });
  sync('snapshot', (n) => { for (let i = 0; i < n; i++) sink += AsyncLocalStorage.snapshot() ? 1 : 0; });
  const bound = AsyncLocalStorage.bind(count);
  sync('a bound call', (n) => { for (let i = 0; i < n; i++) bound(); });
});
await live(N, () => awaited('an await', awaits));
if (N === 1) {
  const count = () => { sink++; };
  const hook = createHook({ init: count, before: count, after: count, destroy: count }).enable();
  await awaited('an await, with hooks', awaits);
  hook.disable();
}
globalThis.sink = sink;
console.log(JSON.stringify(found));
