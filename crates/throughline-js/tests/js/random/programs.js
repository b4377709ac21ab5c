// Random programs over contexts, promises, turns of the loop, resources and hooks. Each is a tree made from a seed; what it sees on its way is its trace, which
// has to be the same on every engine.
//
//   programs.js [FIRST] [COUNT]         prints a line for each program: its seed, a hash of its trace, its length
//   programs.js --trace SEED            prints the trace
//   programs.js --tree SEED             prints the tree
//   programs.js --run TREE              prints the trace of a tree, given as JSON
'use strict';
const { AsyncLocalStorage, AsyncResource, createHook, executionAsyncId, triggerAsyncId, executionAsyncResource } = require('node:async_hooks');
const { EventEmitter, EventEmitterAsyncResource } = require('node:events');
const dc = require('node:diagnostics_channel');

const STORAGES = 3;
const SLOTS = 3;

// mulberry32
function random(seed) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, pick: (list) => list[below(list.length)], chance: (p) => next() < p };
}

// ---- Trees ---------------------------------------------------------------------------------------------------------------

// Of a program, either immediates or timers take turns: in which order these come is the clock's to say.
function makeTree(seed) {
  // That a thenable rejects what is awaited is not among these: see `matrices/propagation.js`.
  const { below, pick, chance } = random(seed);
  let value = 0;
  let left = 60 + below(80);
  const turns = chance(0.5) ? 'immediate' : 'timer';
  const hooks = pick(['none', 'none', 'plain', 'changing']);
  const storage = () => below(STORAGES);
  const slot = () => below(SLOTS);
  // Sometimes the same store again, or none.
  const store = () => (chance(0.15) ? pick([undefined, null, 0, 'same']) : (value += 1));
  const KINDS = [
    ['see', 4], ['run', 6], ['exit', 2], ['enterWith', 5], ['disable', 2], ['withScope', 2],
    ['snapshot', 2], ['inSnapshot', 2], ['bind', 2], ['callBound', 2],
    ['resource', 2], ['inResource', 3], ['emitDestroy', 1],
    ['tick', 2], ['microtask', 2], ['turn', 3], ['interval', 1], ['clear', 1],
    ['then', 3], ['async', 6], ['deferred', 2], ['settle', 3], ['thenDeferred', 3], ['all', 2], ['generator', 2], ['next', 2], ['subclass', 1],
    ['throws', 2], ['emitter', 1], ['emit', 2], ['channel', 1], ['trace', 1], ['signal', 1],
    ['hook', hooks === 'changing' ? 3 : 0],
  ];
  const total = KINDS.reduce((sum, [, weight]) => sum + weight, 0);
  const kind = () => {
    let at = below(total);
    for (const [name, weight] of KINDS) {
      if (at < weight) return name;
      at -= weight;
    }
    return 'see';
  };
  const block = (depth) => {
    const ops = [];
    const size = depth === 0 ? 6 + below(8) : 1 + below(3);
    for (let i = 0; i < size && left > 0; i += 1) {
      left -= 1;
      ops.push(op(depth + 1));
    }
    return ops;
  };
  const awaited = (depth) => {
    const what = pick(['null', 'settled', 'pending', 'rejected', 'thenable', 'lateThenable', 'call', 'deferred', 'chain', 'next', 'deep']);
    return { what, slot: slot(), body: what === 'call' || what === 'chain' || what === 'deep' ? block(depth + 1) : [] };
  };
  const op = (depth) => {
    const name = depth > 5 ? pick(['see', 'enterWith', 'settle', 'disable']) : kind();
    const made = { op: name, storage: storage(), slot: slot(), other: slot() };
    if (['run', 'enterWith', 'withScope', 'channel', 'trace'].includes(name)) made.store = store();
    if (['run', 'exit', 'withScope', 'inSnapshot', 'bind', 'inResource', 'tick', 'microtask', 'turn', 'interval', 'then', 'deferred', 'thenDeferred', 'throws', 'emitter', 'channel', 'trace', 'subclass', 'signal'].includes(name)) made.body = block(depth);
    if (name === 'async' || name === 'generator' || name === 'trace') made.steps = Array.from({ length: 1 + below(3) }, () => ({ body: block(depth), wait: awaited(depth) }));
    if (name === 'all') made.parts = Array.from({ length: 1 + below(3) }, () => ({ body: block(depth), wait: awaited(depth) }));
    if (name === 'all') made.how = pick(['all', 'race', 'any', 'allSettled']);
    if (name === 'then') made.how = pick(['then', 'catch', 'finally', 'both']);
    if (name === 'interval') made.times = 1 + below(3);
    if (name === 'throws') made.in = pick(['run', 'resource', 'snapshot', 'bare']);
    if (name === 'emitter') made.isResource = chance(0.5);
    return made;
  };
  return { seed, turns, hooks, withDefault: chance(0.3), body: block(0) };
}

// ---- Running -------------------------------------------------------------------------------------------------------------

async function runTree(tree, after) {
  const trace = [];
  const storages = Array.from({ length: STORAGES }, (_, i) => new AsyncLocalStorage(tree.withDefault && i === 0 ? { defaultValue: 'default' } : {}));
  const ids = new Map([[0, '0'], [1, '1']]);
  const name = (id) => {
    if (!ids.has(id)) ids.set(id, `#${ids.size}`);
    return ids.get(id);
  };
  const slots = { snapshot: [], bound: [], resource: [], deferred: [], generator: [], emitter: [], timer: [], hook: [] };
  let budget = 600;
  let isOver = false;
  const note = (text) => {
    if (!isOver && trace.length < 3000) trace.push(text);
  };
  // Whether a microtask is a resource depends on what is entered, or was, where there is no hook; so ids are compared where there is one throughout.
  const seeIds = () => (tree.hooks === 'plain' ? ` ${name(executionAsyncId())}<${name(triggerAsyncId())}` : '');
  const see = (where) => note(`${where} ${storages.map((each) => String(each.getStore())).join('/')}${seeIds()}`);

  const turn = tree.turns === 'immediate' ? (f) => setImmediate(f) : (f) => setTimeout(f, 1);
  const clear = tree.turns === 'immediate' ? clearImmediate : clearTimeout;
  // Against the collector, which would tell of the end of resources when it likes.
  const kept = [];
  const hookOf = (label) => createHook({
    init(id, type, trigger, resource) { if (!/^PROMISE|Timeout|Immediate$/.test(type)) note(`${label} init ${name(id)} ${type} ${name(trigger)} ${name(executionAsyncId())}`); else name(id); kept.push(resource); },
    before(id) { note(`${label} before ${name(id)} ${name(executionAsyncId())} ${executionAsyncResource() !== undefined}`); },
    after(id) { note(`${label} after ${name(id)} ${name(executionAsyncId())}`); },
    // In a program of timers it is the clock's to say when resources are told to be destroyed.
    ...(tree.turns === 'immediate' ? { destroy(id) { if (ids.has(id)) note(`${label} destroy ${name(id)}`); } } : {}),
    trackPromises: false,
  });
  const hooks = [hookOf('A'), hookOf('B')];

  const wait = (awaited) => {
    switch (awaited.what) {
      case 'null': return null;
      case 'settled': return Promise.resolve(1);
      case 'pending': return new Promise((resolve) => turn(resolve));
      case 'rejected': return Promise.reject(new Error('rejected'));
      case 'thenable': return { then(resolve) { see('thenable'); resolve(1); } };
      case 'lateThenable': return { then(resolve) { see('late thenable'); turn(() => storages[0].run('elsewhere', resolve)); } };
      case 'call': return (async () => { execute(awaited.body); })();
      case 'chain': return Promise.resolve().then(() => execute(awaited.body));
      case 'deep': return (async () => { await null; execute(awaited.body); await (async () => { await null; })(); })();
      case 'deferred': return slots.deferred[awaited.slot]?.promise ?? undefined;
      case 'next': return slots.generator[awaited.slot]?.next() ?? undefined;
      default: throw new Error(awaited.what);
    }
  };
  const through = async (steps) => {
    for (const step of steps) {
      execute(step.body);
      try {
        await wait(step.wait);
        see('continues');
      } catch (error) {
        see(`caught ${error.message}`);
      }
    }
    execute([]);
    return 'answer';
  };
  const guarded = (f) => {
    try {
      return f();
    } catch (error) {
      see(`threw ${error.message}`);
      return undefined;
    }
  };
  // Promises that nobody waits for.
  const ignore = (promise) => {
    promise.then(undefined, () => {});
    return promise;
  };

  const OPS = {
    see: () => see('see'),
    run: (op) => guarded(() => storages[op.storage].run(op.store, () => execute(op.body))),
    exit: (op) => guarded(() => storages[op.storage].exit(() => execute(op.body))),
    enterWith: (op) => { storages[op.storage].enterWith(op.store); see('entered'); },
    disable: (op) => { storages[op.storage].disable(); see('disabled'); },
    withScope: (op) => { const scope = storages[op.storage].withScope(op.store); try { execute(op.body); } finally { scope.dispose(); } },
    snapshot: (op) => { slots.snapshot[op.slot] = AsyncLocalStorage.snapshot(); },
    inSnapshot: (op) => slots.snapshot[op.slot]?.(() => execute(op.body)),
    bind: (op) => { slots.bound[op.slot] = AsyncLocalStorage.bind(() => execute(op.body)); },
    callBound: (op) => slots.bound[op.slot]?.(),
    resource: (op) => { slots.resource[op.slot] = new AsyncResource(`R${op.slot}`, op.other === 0 ? {} : { triggerAsyncId: slots.resource[op.other]?.asyncId() }); },
    inResource: (op) => guarded(() => slots.resource[op.slot]?.runInAsyncScope(() => execute(op.body))),
    emitDestroy: (op) => { slots.resource[op.slot]?.emitDestroy(); },
    tick: (op) => process.nextTick(() => execute(op.body, 'tick')),
    microtask: (op) => queueMicrotask(() => execute(op.body, 'microtask')),
    turn: (op) => { slots.timer[op.slot] = turn(() => execute(op.body, 'turn')); },
    interval: (op) => {
      if (tree.turns === 'immediate') return;
      let times = 0;
      const timer = setInterval(() => { times += 1; if (times >= op.times) clearInterval(timer); execute(op.body, 'interval'); }, 1);
    },
    clear: (op) => clear(slots.timer[op.slot]),
    then: (op) => {
      const f = () => execute(op.body, op.how);
      const promise = op.slot === 0 ? Promise.resolve() : op.slot === 1 ? new Promise((resolve) => turn(resolve)) : Promise.reject(new Error('x'));
      if (op.how === 'then') ignore(promise.then(f));
      else if (op.how === 'catch') ignore(promise.catch(f));
      else if (op.how === 'finally') ignore(promise.finally(f));
      else ignore(promise.then(f, f).then(f));
    },
    async: (op) => { ignore(through(op.steps)).then(() => see('ended')); },
    deferred: (op) => { const made = Promise.withResolvers(); slots.deferred[op.slot] = made; ignore(made.promise).then(() => execute(op.body, 'deferred'), () => see('deferred rejected')); },
    settle: (op) => { const made = slots.deferred[op.slot]; if (op.other === 0) made?.reject(new Error('settled')); else if (op.other === 1) made?.resolve(1); else made?.resolve(slots.deferred[(op.slot + 1) % SLOTS]?.promise); },
    thenDeferred: (op) => { const made = slots.deferred[op.slot]; if (made) made.promise.then(() => execute(op.body, 'then'), () => see('rejected')); },
    all: (op) => { ignore(Promise[op.how](op.parts.map((part) => through([part])))).then(() => see(op.how)); },
    generator: (op) => { slots.generator[op.slot] = (async function* () { for (const step of op.steps) { execute(step.body); try { await wait(step.wait); see('in the generator'); yield 1; } catch (error) { see(`generator caught ${error.message}`); } } })(); },
    // What is asked of a generator after its `return` is never answered by QuickJS.
    next: (op) => { const it = slots.generator[op.slot]; if (op.other === 2) slots.generator[op.slot] = undefined; if (it) ignore((op.other === 2 ? it.return() : it.next())).then(({ done }) => see(`next ${done}`)); },
    subclass: (op) => { class P extends Promise {} ignore(new P((resolve) => resolve(1)).then(() => execute(op.body, 'subclass'))); },
    throws: (op) => {
      const f = () => { execute(op.body); throw new Error('thrown'); };
      guarded(() => {
        if (op.in === 'run') return storages[op.storage].run('thrown in', f);
        if (op.in === 'resource') return (slots.resource[op.slot] ?? new AsyncResource('T')).runInAsyncScope(f);
        if (op.in === 'snapshot') return AsyncLocalStorage.snapshot()(f);
        return f();
      });
    },
    emitter: (op) => { const made = op.isResource ? new EventEmitterAsyncResource({ name: 'E' }) : new EventEmitter(); made.on('x', () => execute(op.body, 'listener')); made.on('x', () => see('second listener')); slots.emitter[op.slot] = made; },
    emit: (op) => slots.emitter[op.slot]?.emit('x'),
    channel: (op) => { const channel = dc.channel(`c${tree.seed}`); channel.bindStore(storages[op.storage], (data) => data); channel.runStores(op.store, () => execute(op.body)); if (op.other === 0) channel.unbindStore(storages[op.storage]); },
    trace: (op) => {
      const tracing = dc.tracingChannel(`t${tree.seed}`);
      tracing.start.bindStore(storages[op.storage], () => op.store);
      const handlers = { start: () => see('start'), end: () => see('end'), asyncStart: () => see('asyncStart'), asyncEnd: () => see('asyncEnd'), error: () => see('error') };
      tracing.subscribe(handlers);
      ignore(tracing.tracePromise(() => through(op.steps), {})).then(() => { see('traced'); execute(op.body); });
      tracing.unsubscribe(handlers);
      tracing.start.unbindStore(storages[op.storage]);
    },
    signal: (op) => { const controller = new AbortController(); controller.signal.addEventListener('abort', () => execute(op.body, 'abort')); turn(() => controller.abort()); },
    hook: (op) => { const hook = hooks[op.slot % 2]; if (op.other === 0) hook.disable(); else hook.enable(); note(`hook ${op.slot % 2} ${op.other === 0 ? 'off' : 'on'}`); },
  };
  function execute(ops, where) {
    if (where !== undefined) see(where);
    for (const op of ops) {
      budget -= 1;
      if (budget < 0 || isOver) return;
      OPS[op.op](op);
    }
    if (ops.length > 1) see('end');
  }

  return new Promise((resolve) => {
    after(() => {
      if (tree.hooks !== 'none') hooks[0].enable();
      try {
        execute(tree.body);
      } catch (error) {
        note(`failed ${error.message}`);
      }
      const watched = [];
      let turnsLeft = 25;
      const rest = () => {
        turnsLeft -= 1;
        // What still waits is settled half-way.
        if (turnsLeft === 12) for (const each of slots.deferred) each?.resolve(1);
        if (turnsLeft > 0) return void outside(() => turn(rest));
        isOver = true;
        for (const hook of hooks) hook.disable();
        resolve(trace);
      };
      outside(() => turn(rest));
      void watched;
    });
  });
}

const outside = AsyncLocalStorage.snapshot();

// FNV-1a, of 32 bits.
function hash(lines) {
  let value = 0x811c9dc5;
  for (const line of lines) for (let i = 0; i <= line.length; i += 1) value = Math.imul(value ^ (i < line.length ? line.charCodeAt(i) : 10), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}

async function main() {
  process.on('unhandledRejection', () => {});
  const after = (f) => outside(() => setImmediate(f));
  const [what, argument] = process.argv.slice(2);
  if (what === '--tree') return console.log(JSON.stringify(makeTree(Number(argument))));
  if (what === '--trace') return console.log((await runTree(makeTree(Number(argument)), after)).join('\n'));
  if (what === '--run') return console.log((await runTree(JSON.parse(argument), after)).join('\n'));
  const first = Number(what ?? 1);
  for (let seed = first; seed < first + Number(argument ?? 300); seed += 1) {
    const trace = await runTree(makeTree(seed), after);
    console.log(seed, hash(trace), trace.length);
  }
}
main().catch((error) => {
  console.log(error);
  process.exitCode = 1;
});
