// What is measured: each takes how often, and answers a promise or nothing.
(function () {
  'use strict';
  const settled = Promise.resolve(1);
  const leaf = async () => 1;
  const deep = async () => { await null; };
  const add = (x) => x + 1;
  const kinds = {
    'await null': async (n) => { for (let i = 0; i < n; i += 1) await null; },
    'await settled promise': async (n) => { for (let i = 0; i < n; i += 1) await settled; },
    'await pending promise': async (n) => { for (let i = 0; i < n; i += 1) await settled.then(add); },
    'await async function': async (n) => { for (let i = 0; i < n; i += 1) await leaf(); },
    'await async function that awaits': async (n) => { for (let i = 0; i < n; i += 1) await deep(); },
    'chain of then': async (n) => { let p = Promise.resolve(0); for (let i = 0; i < n; i += 1) p = p.then(add); await p; },
    'loop of then': (n) => new Promise((done) => { let i = 0; const step = () => { i += 1; if (i === n) done(); else settled.then(step); }; step(); }),
    'async generator': async (n) => { const g = (async function* () { for (let i = 0; i < n; i += 1) yield i; })(); for await (const each of g) void each; },
    'Promise.all of ten': async (n) => { for (let i = 0; i < n; i += 10) await Promise.all([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]); },
  };
  return kinds;
})()
