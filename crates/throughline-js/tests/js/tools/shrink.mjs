// Makes the smallest program of a seed that still differs.
//
//   node shrink.mjs SEED [PATH OF NODE] [PATH OF THROUGHLINE]
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [seed, node = process.execPath, throughline = 'target/debug/throughline'] = process.argv.slice(2);
const programs = join(dirname(fileURLToPath(import.meta.url)), '..', 'random', 'programs.js');
const run = (program, args) => spawnSync(program, args, { encoding: 'utf8', timeout: 20_000 }).stdout;

function traces(tree) {
  const text = JSON.stringify(tree);
  return [run(node, [programs, '--run', text]), run(throughline, ['run', programs, '--run', text])];
}
const differs = (tree) => {
  const [theirs, ours] = traces(tree);
  return theirs !== ours;
};

// All lists of operations in a tree.
function* lists(value) {
  if (Array.isArray(value)) {
    yield value;
    for (const each of value) yield* lists(each);
  } else if (value !== null && typeof value === 'object') {
    for (const each of Object.values(value)) yield* lists(each);
  }
}

const tree = JSON.parse(run(node, [programs, '--tree', seed]));
if (!differs(tree)) throw new Error('it does not differ');
for (let isSmaller = true; isSmaller; ) {
  isSmaller = false;
  for (const list of [...lists(tree)]) {
    for (let size = Math.max(1, list.length >> 1); size >= 1; size >>= 1) {
      for (let at = 0; at + size <= list.length; ) {
        const taken = list.splice(at, size);
        if (differs(tree)) {
          isSmaller = true;
          continue;
        }
        list.splice(at, 0, ...taken);
        at += size;
      }
    }
  }
}
const [theirs, ours] = traces(tree);
console.log(JSON.stringify(tree, null, 1));
console.log(`--- node\n${theirs}--- throughline\n${ours}`);
