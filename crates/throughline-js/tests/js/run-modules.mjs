// Runs each script of `modules/` twice on a real Node, once over Node's modules and once over ours, and compares what
// they print and how they exit, line by line.
//
//   node run-modules.mjs [--node PATH] [NAME ...]
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const args = process.argv.slice(2);
const at = args.indexOf('--node');
const node = at === -1 ? process.execPath : args.splice(at, 2)[1];

const names = readdirSync(join(here, 'modules'))
  .filter((name) => name.endsWith('.js') && (args.length === 0 || args.some((arg) => name.includes(arg))))
  .sort();

function run(name, ours) {
  const flags = ['--expose-internals', ...(ours ? ['-r', join(here, 'substitute.cjs')] : [])];
  const { stdout, stderr, status } = spawnSync(node, [...flags, join(here, 'modules', name)], { encoding: 'utf8', timeout: 60_000 });
  return { lines: stdout.split('\n'), stderr, status };
}

// The lines that are not common to both, by a longest common subsequence.
function compare(theirs, ours) {
  const common = Array.from({ length: theirs.length + 1 }, () => new Uint32Array(ours.length + 1));
  for (let i = theirs.length - 1; i >= 0; i -= 1) {
    for (let j = ours.length - 1; j >= 0; j -= 1) {
      common[i][j] = theirs[i] === ours[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
    }
  }
  const differences = [];
  for (let i = 0, j = 0; i < theirs.length || j < ours.length; ) {
    if (i < theirs.length && j < ours.length && theirs[i] === ours[j]) {
      i += 1;
      j += 1;
    } else if (j === ours.length || (i < theirs.length && common[i + 1][j] >= common[i][j + 1])) {
      differences.push(`  node ${i + 1}: ${theirs[i++]}`);
    } else {
      differences.push(`  ours ${j + 1}: ${ours[j++]}`);
    }
  }
  return differences;
}

let compared = 0;
let different = 0;
for (const name of names) {
  const theirs = run(name, false);
  const ours = run(name, true);
  compared += theirs.lines.length;
  const differences = compare(theirs.lines, ours.lines);
  if (theirs.status !== ours.status) differences.push(`  exit node: ${theirs.status}, ours: ${ours.status}\n${ours.stderr}`);
  // A script that does not come to its end compares little.
  if (theirs.status !== 0) differences.push(`  node itself ended with ${theirs.status}: ${theirs.stderr}`);
  different += differences.length;
  console.log(`${differences.length === 0 ? 'same     ' : 'DIFFERENT'} ${name} (${theirs.lines.length - 1} lines)`);
  for (const difference of differences.slice(0, 60)) console.log(difference);
}
console.log(`${names.length} scripts, ${compared} lines, ${different} differences, on ${node}`);
process.exitCode = different === 0 && names.length > 0 ? 0 : 1;
