// Other programs: what they print, how they end, what goes wrong, which resources they are.
'use strict';
const { exec, execFile, execFileSync, execSync, spawn, spawnSync } = require('child_process');
const { once } = require('events');
const { promisify } = require('util');
const { AsyncLocalStorage, createHook } = require('async_hooks');

const shown = (error) => Object.fromEntries(['message', 'code', 'errno', 'syscall', 'path', 'status', 'signal', 'killed', 'cmd'].filter((key) => key in error).map((key) => [key, error[key]]));
const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return shown(error);
  }
};

function atOnce() {
  const { pid, ...ended } = spawnSync('sh', ['-c', 'echo out; echo err >&2; exit 3'], { encoding: 'utf8' });
  console.log(typeof pid, ended);
  console.log(spawnSync('sh', ['-c', 'kill -9 $$']).signal);
  console.log(spawnSync('cat', { input: 'given', encoding: 'latin1' }).stdout);
  console.log(spawnSync('echo $WORD', { shell: true, env: { WORD: 'a word', GONE: undefined } }).stdout.toString());
  console.log(spawnSync('pwd', { cwd: '/', stdio: ['ignore', 'pipe', 'ignore'] }).output.map(String));
  console.log(shown(spawnSync('there-is-no-such-program', ['x']).error));
  console.log(execSync('echo hi', { encoding: 'utf8' }), execFileSync('echo', ['a b']).toString());
  console.log(attempt(() => execSync('echo no >&2; exit 2', { stdio: 'pipe' })));
  for (const bad of [[''], [1], ['x', 'y'], ['x', [], 5], ['x', { stdio: 'nothing' }]]) console.log(attempt(() => spawnSync(...bad)).code);
}

async function beside() {
  const child = spawn('sh', ['-c', 'read line; echo "got $line"; echo problem >&2; exit 5']);
  const printed = [];
  child.stdout.setEncoding('utf8').on('data', (text) => printed.push(['stdout', text]));
  child.stderr.setEncoding('utf8').on('data', (text) => printed.push(['stderr', text]));
  await once(child, 'spawn');
  child.stdin.write('one line\n');
  child.stdin.end();
  const ends = await Promise.all([once(child, 'exit'), once(child, 'close')]);
  console.log(ends, child.exitCode, child.signalCode);
  console.log(printed.sort(), child.spawnfile, child.spawnargs);

  const sleeping = spawn('sleep', ['60']);
  console.log(sleeping.kill('SIGINT'), sleeping.killed, await once(sleeping, 'close'), sleeping.kill());

  const missing = spawn('there-is-no-such-program');
  console.log(missing.pid, shown((await once(missing, 'error'))[0]));

  const controller = new AbortController();
  const aborted = spawn('sleep', ['60'], { signal: controller.signal });
  aborted.on('error', ({ name, code }) => console.log(name, code));
  controller.abort();
  console.log(await once(aborted, 'close'));
}

async function whole() {
  console.log(await promisify(exec)('echo $0 all; echo more >&2', { shell: '/bin/sh' }));
  console.log(await new Promise((done) => execFile('sh', ['-c', 'echo some; exit 4'], (error, stdout) => done([shown(error), stdout]))));
  console.log(shown(await promisify(exec)('yes', { maxBuffer: 10 }).catch((error) => error)).code);
}

async function inContext() {
  const store = new AsyncLocalStorage();
  const types = [];
  const hook = createHook({ init: (id, type) => /WRAP/.test(type) && types.push(type) }).enable();
  await store.run('here', async () => {
    const child = spawn('echo', ['x']);
    hook.disable();
    const seen = [];
    child.stdout.on('data', () => seen.push(`data in ${store.getStore()}`));
    child.on('exit', () => seen.push(`exit in ${store.getStore()}`));
    await once(child, 'close');
    // A child's end is not waited for by what it printed, nor the other way round.
    console.log(seen.sort());
  });
  console.log(types);
}

atOnce();
beside().then(whole).then(inContext);
