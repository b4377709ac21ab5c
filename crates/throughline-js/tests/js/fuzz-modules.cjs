// Random programs and values, given to Node's modules and to ours in one process: what they answer must be the same.
//
//   node --expose-internals -r ./substitute.cjs fuzz-modules.cjs [PROGRAMS] [SEED]
'use strict';

const ours = { events: require('node:events'), util: require('node:util'), assert: require('node:assert') };
const node = {};
for (const name of Object.keys(ours)) node[name] = process.getBuiltinModule(name);
for (const name of Object.keys(ours)) if (ours[name] === node[name]) throw new Error(`${name} is not substituted`);

const programs = Number(process.argv[2] ?? 2000);
const firstSeed = Number(process.argv[3] ?? 1);

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

// ---- Emitters: registrations, removals and emissions, some of them made by listeners -----------------------------------

const NAMES = ['a', 'b', 'error', 'newListener', 'removeListener', Symbol.for('s'), '1'];

function emitterProgram(EventEmitter, seed) {
  const { below, pick, chance } = random(seed);
  const log = [];
  const emitter = new EventEmitter();
  let depth = 0;
  let budget = 150;
  const listeners = Array.from({ length: 5 }, (_, i) => {
    const actions = Array.from({ length: below(3) }, () => step());
    return function (...args) {
      log.push(`${i}(${args.map((arg) => (typeof arg === 'function' ? 'f' : String(arg))).join()})`);
      if (depth > 3) return;
      depth += 1;
      try {
        for (const action of actions) action();
      } finally {
        depth -= 1;
      }
    };
  });
  function step() {
    const kind = below(10);
    const name = pick(NAMES);
    const which = below(5);
    const fails = chance(0.03);
    return () => {
      budget -= 1;
      if (budget < 0) return;
      if (fails) throw new Error('from a listener');
      const listener = listeners[which];
      if (kind < 2) emitter.on(name, listener);
      else if (kind === 2) emitter.once(name, listener);
      else if (kind === 3) emitter.prependListener(name, listener);
      else if (kind === 4) emitter.prependOnceListener(name, listener);
      else if (kind === 5) emitter.off(name, listener);
      else if (kind === 6) emitter.removeAllListeners(name);
      else if (kind === 7 && which === 0) emitter.removeAllListeners();
      else log.push(`emit ${String(name)} ${emitter.emit(name, which)}`);
    };
  }
  for (let i = 0; i < 30; i += 1) {
    const action = step();
    try {
      action();
    } catch (error) {
      log.push(`threw ${error.message}`);
    }
    log.push(emitter.eventNames().map((name) => `${String(name)}:${emitter.listenerCount(name)}:${emitter.listenerCount(name, listeners[0])}`).join());
  }
  return log;
}

// ---- Values: inspection, formatting and equality -----------------------------------------------------------------------

class Point {
  constructor(x, y) {
    this.x = x;
    this.y = y;
  }
}

function value(r, depth, seen) {
  const leaf = () => r.pick([
    0, -0, 1, -5, 1.5, NaN, Infinity, 10n, 'text', '', "it's", 'two\nlines', 'a longer text that needs some room to be shown', 'ü',
    true, false, null, undefined, Symbol.for('sym'), new Date(86400000), /re/gi,
  ]);
  if (depth <= 0 || r.chance(0.3)) return leaf();
  const inner = () => (seen.length > 0 && r.chance(0.05) ? r.pick(seen) : value(r, depth - 1, seen));
  const size = r.pick([0, 1, 2, 3, 5, 8, 13]);
  const kind = r.below(12);
  if (kind < 4) {
    const list = [];
    seen.push(list);
    for (let i = 0; i < size; i += 1) if (!r.chance(0.03)) list[i] = inner();
    return list;
  }
  if (kind < 8) {
    const object = r.chance(0.1) ? Object.create(null) : r.chance(0.2) ? new Point(inner(), inner()) : {};
    seen.push(object);
    for (let i = 0; i < Math.min(size, 8); i += 1) object[r.pick(['a', 'b', 'key', 'long-key', '0', 'otherKey', 'z z'])] = inner();
    if (r.chance(0.1)) object[Symbol.for('k')] = inner();
    return object;
  }
  if (kind === 8) return new Map(Array.from({ length: Math.min(size, 5) }, () => [inner(), inner()]));
  if (kind === 9) return new Set(Array.from({ length: Math.min(size, 8) }, inner));
  if (kind === 10) return r.pick([() => new Uint8Array(size), () => function named() {}, () => new Number(size), () => new String('boxed'), () => Promise.resolve(size)])();
  return Array.from({ length: size }, () => r.below(100000));
}

function valueProgram({ util, assert }, seed) {
  const r = random(seed);
  const a = value(r, 3, []);
  // The other value is made of the same numbers, and sometimes changed somewhere.
  const b = r.chance(0.5) ? value(random(seed), 3, []) : value(r, 3, []);
  const options = { depth: r.pick([0, 1, 2, 5, null]), compact: r.pick([3, 3, 1, 2, true, false]), breakLength: r.pick([80, 40, 120]), sorted: r.chance(0.1), maxArrayLength: r.pick([100, 5, null]), colors: r.chance(0.2) && !/re/.test(String(a)) };
  const out = [util.inspect(a), util.inspect(a, { ...options, colors: false }), util.format('%s|%d|%i|%j', ...[a, b].map((each) => (typeof each === 'object' ? 1 : each)), 'x', 2)];
  out.push(util.isDeepStrictEqual(a, b), util.isDeepStrictEqual(b, a));
  for (const name of ['deepEqual', 'deepStrictEqual', 'partialDeepStrictEqual', 'notDeepStrictEqual', 'strictEqual']) {
    try {
      assert[name](a, b);
      out.push(`${name} holds`);
    } catch (error) {
      out.push(`${name}: ${error.message}`);
    }
  }
  return out;
}

// ---- Running -------------------------------------------------------------------------------------------------------------

function outcome(f) {
  try {
    return f();
  } catch (error) {
    return [`threw ${error.name} ${error.code} ${error.message}`];
  }
}

// The first place where two texts part, with a little of what is around it.
function around(theirs, mine) {
  const [a, b] = [String(theirs), String(mine)];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const part = (text) => JSON.stringify(text.slice(Math.max(0, at - 80), at + 80));
  return `\n  node: ${part(a)}\n  ours: ${part(b)}\n`;
}

let different = 0;
for (let seed = firstSeed; seed < firstSeed + programs; seed += 1) {
  for (const [label, theirs, mine] of [
    ['emitter', outcome(() => emitterProgram(node.events, seed)), outcome(() => emitterProgram(ours.events, seed))],
    ['value', outcome(() => valueProgram(node, seed)), outcome(() => valueProgram(ours, seed))],
  ]) {
    const at = theirs.findIndex((line, i) => line !== mine[i]);
    if (at === -1 && theirs.length === mine.length) continue;
    different += 1;
    if (different <= 20) process.stdout.write(`${label} ${seed}, line ${at}${around(theirs[at], mine[at])}`);
  }
}
process.stdout.write(`${programs} programs from seed ${firstSeed}, ${different} differences\n`);
process.exitCode = different === 0 ? 0 : 1;
