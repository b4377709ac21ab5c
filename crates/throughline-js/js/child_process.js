// `node:child_process`: other programs, run to their end at once (`spawnSync`, `execSync`, `execFileSync`) or beside the loop (`spawn`, `exec`, `execFile`).
//
// A child has its three standard streams; there is no channel of messages to it, so there is no `fork`.
'use strict';

const EventEmitter = require('node:events');
const { Readable, Writable } = require('node:stream');
const { Buffer } = require('node:buffer');
const { codes, validate, AbortError } = require('internal/errors');
const { uvError } = require('internal/fs');
const { signalName } = require('internal/signals');
const { promisify } = require('node:util');

const { children, nextTick } = internal;

const STREAMS = ['stdin', 'stdout', 'stderr'];

// ---- what is asked for --------------------------------------------------------------------------------------------------

function checkedArguments(file, args, options) {
  validate.string(file, 'file');
  if (file === '') throw new codes.ERR_INVALID_ARG_VALUE('file', file, 'cannot be empty');
  if (Array.isArray(args)) args = args.map(String);
  else if (args === undefined || args === null) args = [];
  else if (typeof args !== 'object') throw new codes.ERR_INVALID_ARG_TYPE('args', 'object', args);
  else [options, args] = [args, []];
  if (options === undefined || options === null) options = {};
  validate.object(options, 'options');
  return [file, args, options];
}

// One word for each stream.
function streamsOf(stdio = 'pipe') {
  const wanted = typeof stdio === 'string' ? [stdio, stdio, stdio] : stdio;
  return [0, 1, 2].map((place) => {
    const word = wanted[place] ?? 'pipe';
    if (word === 'pipe' || word === 'overlapped') return 'pipe';
    if (word === 'ignore') return 'ignore';
    if (word === 'inherit' || word === place || word?.fd === place) return 'inherit';
    throw new codes.ERR_INVALID_ARG_VALUE('stdio', stdio);
  });
}

function planOf(file, args, options) {
  const env = {};
  for (const [name, value] of Object.entries(options.env ?? process.env)) if (value !== undefined) env[name] = String(value);
  if (options.shell) {
    args = ['-c', [file, ...args].join(' ')];
    file = typeof options.shell === 'string' ? options.shell : '/bin/sh';
  }
  const cwd = options.cwd instanceof URL ? require('node:url').fileURLToPath(options.cwd) : options.cwd;
  return { file, args, env, cwd: cwd ?? undefined, stdio: streamsOf(options.stdio) };
}

function spawnError(answer, syscall, { file, args }) {
  const { errno, code } = uvError(answer, syscall, {});
  const doing = `${syscall} ${file}`;
  return Object.assign(new Error(`${doing} ${code}`), { errno, code, syscall: doing, path: file, spawnargs: args });
}

// ---- beside the loop -----------------------------------------------------------------------------------------------------

class Process {}
class Pipe {}

function inputOf(child) {
  return new Writable({
    decodeStrings: true,
    write(chunk, encoding, callback) {
      if (children.write(child.pid, chunk)) return callback();
      const error = Object.assign(new Error('write EPIPE'), { errno: -32, code: 'EPIPE', syscall: 'write' });
      return callback(error);
    },
    final(callback) {
      children.close(child.pid, 0);
      callback();
    },
    destroy(error, callback) {
      if (child.pid !== undefined) children.close(child.pid, 0);
      callback(error);
    },
  });
}

function outputOf(child, place) {
  return new Readable({
    read() {
      if (child.pid !== undefined) children.read(child.pid, place);
    },
    destroy(error, callback) {
      if (child.pid !== undefined) children.close(child.pid, place);
      callback(error);
    },
  });
}

class ChildProcess extends EventEmitter {
  pid = undefined;
  connected = false;
  exitCode = null;
  signalCode = null;
  killed = false;
  spawnfile = null;
  spawnargs = [];
  stdin = null;
  stdout = null;
  stderr = null;
  stdio = [null, null, null];
  #exit;
  // What is to end before `close`: the child, and what it prints.
  #open = 1;

  spawn(plan, options) {
    const { loop } = internal;
    this.spawnfile = plan.file;
    this.spawnargs = [options.argv0 ?? plan.file, ...plan.args];
    this.#exit = loop.openRequest(new Process(), 'PROCESSWRAP', (status, signal) => this.#ended(status, signal));
    const requests = STREAMS.map((name, place) => {
      const isPiped = plan.stdio[place] === 'pipe';
      if (isPiped) this[name] = this.stdio[place] = place === 0 ? inputOf(this) : outputOf(this, place);
      return loop.openRequest(new Pipe(), isPiped ? 'PIPEWRAP' : 'PROCESSWRAP', (bytes) => this.#printed(this[name], bytes), { keeps: !isPiped });
    });
    loop.closeRequest(requests[0]);
    for (const name of ['stdout', 'stderr']) {
      if (this[name] === null) continue;
      this.#open += 1;
      this[name].once('close', () => this.#closed());
    }
    const answer = children.spawn(plan, this.#exit, requests[1], requests[2]);
    if (typeof answer === 'number') {
      this.pid = answer;
      nextTick(() => this.emit('spawn'));
    } else {
      this.#failed(spawnError(answer, 'spawn', plan));
    }
  }

  #printed(stream, bytes) {
    if (stream.destroyed) return;
    stream.push(bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }

  #ended(status, signal) {
    this.exitCode = signal === undefined ? (status ?? null) : null;
    this.signalCode = signal === undefined ? null : signalName(signal);
    this.stdin?.destroy();
    for (const stream of [this.stdout, this.stderr]) if (stream?.readableFlowing === null && stream.listenerCount('readable') === 0) stream.resume();
    this.emit('exit', this.exitCode, this.signalCode);
    // Whoever waited for the one can still wait for the other.
    setImmediate(() => this.#closed());
  }

  #failed(error) {
    this.exitCode = error.errno;
    nextTick(() => {
      for (const stream of this.stdio) stream?.destroy();
      this.emit('error', error);
      this.#closed();
    });
  }

  #closed() {
    this.#open -= 1;
    if (this.#open === 0) this.emit('close', this.exitCode, this.signalCode);
  }

  kill(signal = 'SIGTERM') {
    if (this.pid === undefined || this.exitCode !== null || this.signalCode !== null) return false;
    try {
      process.kill(this.pid, signal);
    } catch (error) {
      if (error.code === 'ESRCH') return false;
      throw error;
    }
    this.killed = true;
    return true;
  }

  [Symbol.dispose]() {
    if (!this.killed) this.kill();
  }

  ref() {
    internal.loop.refRequest(this.#exit, true);
  }

  unref() {
    internal.loop.refRequest(this.#exit, false);
  }
}

function spawn(...given) {
  const [file, args, options] = checkedArguments(...given);
  validate.abortSignal(options.signal, 'options.signal');
  const child = new ChildProcess();
  child.spawn(planOf(file, args, options), options);
  if (options.timeout > 0) {
    const timer = setTimeout(() => child.kill(options.killSignal), options.timeout);
    child.once('exit', () => clearTimeout(timer));
  }
  if (options.signal) endBySignal(child, options);
  return child;
}

function endBySignal(child, { signal, killSignal }) {
  const end = () => {
    if (child.kill(killSignal)) child.emit('error', new AbortError(undefined, { cause: signal.reason }));
  };
  if (signal.aborted) nextTick(end);
  else {
    signal.addEventListener('abort', end, { once: true });
    child.once('exit', () => signal.removeEventListener('abort', end));
  }
}

// ---- with all they print --------------------------------------------------------------------------------------------------

const MAX_BUFFER = 1024 * 1024;

// All that is printed, as it is told to a callback.
function collect(stream, encoding, limit, name, overflow) {
  const chunks = [];
  let size = 0;
  stream?.on('data', (chunk) => {
    size += chunk.length;
    if (size > limit) {
      chunks.push(chunk.subarray(0, limit - (size - chunk.length)));
      overflow(Object.assign(new RangeError(`${name} maxBuffer length exceeded`), { code: 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER' }));
    } else {
      chunks.push(chunk);
    }
  });
  return () => textOf(Buffer.concat(chunks), encoding);
}

const textOf = (bytes, encoding) => (encoding && encoding !== 'buffer' ? bytes.toString(encoding) : bytes);

function execFile(file, ...rest) {
  const callback = rest.findLast((arg) => typeof arg === 'function');
  const [, args, given] = checkedArguments(file, ...rest.filter((arg) => typeof arg !== 'function'));
  const options = { encoding: 'utf8', timeout: 0, maxBuffer: MAX_BUFFER, killSignal: 'SIGTERM', ...given };
  const child = spawn(file, args, { ...options, stdio: 'pipe' });
  const cmd = [file, ...args].join(' ');
  let failure = null;
  const overflow = (error) => {
    failure ??= error;
    child.stdout.destroy();
    child.stderr.destroy();
    child.kill(options.killSignal);
  };
  const stdout = collect(child.stdout, options.encoding, options.maxBuffer, 'stdout', overflow);
  const stderr = collect(child.stderr, options.encoding, options.maxBuffer, 'stderr', overflow);
  child.once('error', (error) => {
    failure ??= error;
  });
  child.once('close', (code, signal) => {
    const printed = [stdout(), stderr()];
    if (failure === null && (code !== 0 || signal !== null)) {
      failure = Object.assign(new Error(`Command failed: ${cmd}\n${printed[1]}`), { code, killed: child.killed, signal });
    }
    if (failure !== null) failure.cmd = cmd;
    callback?.(failure, ...printed);
  });
  return child;
}

function exec(command, ...rest) {
  const options = rest.find((arg) => typeof arg === 'object') ?? {};
  const callback = rest.findLast((arg) => typeof arg === 'function');
  return execFile(command, { ...options, shell: options.shell || true }, callback);
}

// Their promises have the child, and answer both texts.
function promised(run) {
  return (...args) => {
    const { promise, resolve, reject } = Promise.withResolvers();
    promise.child = run(...args, (error, stdout, stderr) => {
      if (error) reject(Object.assign(error, { stdout, stderr }));
      else resolve({ stdout, stderr });
    });
    return promise;
  };
}
for (const run of [exec, execFile]) {
  Object.defineProperty(run, promisify.custom, { value: promised(run), enumerable: false });
}

// ---- at once ----------------------------------------------------------------------------------------------------------------

function spawnSync(...given) {
  const [file, args, options] = checkedArguments(...given);
  const plan = planOf(file, args, options);
  if (options.input !== undefined && options.input !== null) {
    plan.input = Buffer.from(options.input);
    plan.stdio[0] = 'pipe';
  }
  plan.timeout = options.timeout > 0 ? options.timeout : undefined;
  const answer = children.run(plan);
  if ('errno' in answer) {
    return { pid: 0, output: null, stdout: null, stderr: null, status: null, signal: null, error: spawnError(answer, 'spawnSync', plan) };
  }
  const printed = ['stdout', 'stderr'].map((name, i) => {
    const bytes = answer[name];
    return plan.stdio[i + 1] === 'pipe' ? textOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), options.encoding) : null;
  });
  const ended = {
    pid: answer.pid,
    status: answer.status ?? null,
    signal: answer.signal === undefined ? null : signalName(answer.signal),
    output: [null, ...printed],
    stdout: printed[0],
    stderr: printed[1],
  };
  if (answer.isTimedOut) ended.error = spawnError({ errno: 110 }, 'spawnSync', plan);
  return ended;
}

function execFileSync(...given) {
  const [file, args, options] = checkedArguments(...given);
  return checked(spawnSync(file, args, options), [file, ...args].join(' '), options);
}

const execSync = (command, options) => checked(spawnSync(command, { ...options, shell: options?.shell || true }), command, options);

function checked(ended, command, options) {
  if (options?.stdio === undefined && ended.stderr?.length > 0) process.stderr.write(ended.stderr);
  if (ended.error) throw Object.assign(ended.error, ended);
  if (ended.status === 0) return ended.stdout;
  const text = ended.stderr?.length > 0 ? `\n${ended.stderr}` : '';
  throw Object.assign(new Error(`Command failed: ${command}${text}`), ended);
}

module.exports = { ChildProcess, exec, execFile, execFileSync, execSync, spawn, spawnSync };
