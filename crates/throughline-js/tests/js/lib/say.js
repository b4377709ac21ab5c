// What the scripts of the differential tests print with. A line begins with the clause that it is about.
'use strict';
const { inspect } = require('node:util');

const shown = (value) => {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return fault(value);
  return inspect(value, { depth: 4, breakLength: Infinity });
};

function say(clause, ...what) {
  console.log(`${clause}: ${what.map(shown).join(' ')}`);
}

// An error in a line. The engine's own complaints (those without a code) differ in their words, so that only their class is printed.
function fault(error) {
  if (!(error instanceof Error)) return `thrown ${inspect(error)}`;
  const isOfEngine = error.code === undefined && /^(TypeError|RangeError|SyntaxError|ReferenceError)$/.test(error.name);
  if (isOfEngine) return `${error.name} of the engine`;
  return `${error.name}${error.code === undefined ? '' : ` [${error.code}]`}: ${error.message}`;
}

// What a call comes to: its answer or its error.
function outcome(f) {
  try {
    return shown(f());
  } catch (error) {
    return fault(error);
  }
}

// The current store, in a word.
const sees = (...storages) => storages.map((storage) => shown(storage.getStore())).join('/');

const tick = () => new Promise((resolve) => setImmediate(resolve));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Collects garbage until `isDone` says so, or for so many turns. To look at a `WeakRef` keeps its target for the turn, so each is looked at in one of its own.
async function collect(isDone = () => false, turns = 10) {
  for (let i = 0; i < turns; i += 1) {
    await tick();
    globalThis.gc();
    await tick();
    if (isDone()) return true;
  }
  return false;
}

module.exports = { say, fault, outcome, sees, shown, tick, sleep, collect };
