// What goes to a worker and comes back, ports, ends. The script is its own worker.
const { Worker, isMainThread, parentPort, workerData, threadId, threadName, MessageChannel, MessagePort, receiveMessageOnPort, markAsUntransferable, isMarkedAsUntransferable, setEnvironmentData, getEnvironmentData, resourceLimits, SHARE_ENV } = require('node:worker_threads');
const { AsyncLocalStorage } = require('node:async_hooks');
const { once } = require('node:events');
const log = (...args) => console.log(...args);
const said = (e) => (e && typeof e === 'object' ? `${e.name} ${e.code} ${e.message}` : e);
const tries = (label, f) => { try { log(label, f()); } catch (e) { log(label, 'threw', said(e)); } };
if (!isMainThread) {
  const als = new AsyncLocalStorage();
  const roles = {
    echo() { parentPort.on('message', (m) => (m === 'end' ? parentPort.close() : parentPort.postMessage(m))); },
    throws() { throw Object.assign(new RangeError('from the worker'), { code: 'E_OWN', detail: { a: 1 } }); },
    throwsNumber() { throw 5; },
    throwsFunction() { throw () => {}; },
    rejects() { Promise.reject(new TypeError('rejected')); },
    handled() { process.on('uncaughtException', (e) => { parentPort.postMessage(said(e)); process.exit(9); }); setImmediate(() => { throw new Error('caught there'); }); },
    exits() { process.on('exit', (code) => { parentPort.postMessage(`exit ${code}`); }); process.exit(3); },
    exitCode() { process.exitCode = 4; },
    nothing() {},
    loops() { parentPort.postMessage('begun'); for (;;); },
    waits() { setInterval(() => {}, 1000); parentPort.postMessage('begun'); },
    about() { parentPort.postMessage({ isMainThread, threadId: typeof threadId, name: threadName, data: workerData.more, argv: process.argv.slice(2), env: process.env.ONLY, home: process.env.HOME === undefined, own: getEnvironmentData('key'), pid: typeof process.pid, store: als.getStore(), limits: resourceLimits }); },
    writes() { console.log('written by the worker'); process.stderr.write('and to stderr\n'); },
    takesPort() { const { port } = workerData; port.on('message', (m) => { port.postMessage(`${m} and back`); if (m === 'two') port.close(); }); },
    sync() { const { port } = workerData; port.postMessage('first'); port.postMessage('second'); },
    nests() { const inner = new Worker(__filename, { workerData: { role: 'echo' } }); inner.on('message', (m) => { parentPort.postMessage(`inner said ${m}`); inner.postMessage('end'); }); inner.postMessage('hello'); inner.on('exit', (code) => parentPort.postMessage(`inner exit ${code}`)); },
    mutates() { process.env.ONLY = 'changed'; globalThis.leaked = 1; parentPort.postMessage('done'); },
  };
  roles[workerData.role]();
  return;
}
const start = (role, options = {}) => new Worker(__filename, { ...options, workerData: { role, ...options.workerData } });
const events = async (worker, quietly = false) => { if (!quietly) worker.on('message', (m) => log('message', m)); worker.on('error', (e) => log('error', e instanceof Error, said(e), e?.detail)); worker.on('online', () => log('online')); const [code] = await new Promise((r) => worker.on('exit', (...args) => r(args))); log('exit', code, worker.threadId); };
const cyclic = { name: 'cyclic', list: [] };
cyclic.self = cyclic; cyclic.list.push(cyclic, [cyclic.list]);
class Point { constructor() { this.x = 1; this.hidden = undefined; } get y() { return 2; } }
const VALUES = [
  1, -0, NaN, Infinity, 2n ** 70n, 'text', '\ud83d lone', '\0', true, null, undefined, [1, , 3], [], {}, { a: { b: [1, { c: 2 }] }, __proto__: null }, cyclic, new Date(5), new Date(NaN), /x\/y/gi, new Map([[1, { a: 1 }], [{ k: 1 }, new Set([1, 'a'])]]), new Set([[1]]),
  new Uint8Array([1, 2, 3]), new Float64Array([1.5, NaN]), new BigInt64Array([5n]), new DataView(new ArrayBuffer(4), 1, 2), new ArrayBuffer(3), Buffer.from('buffer'), Object(5), Object('s'), Object(true), Object(3n), new Error('plain'), new TypeError('typed', { cause: new Error('why') }), Object.assign(new RangeError('r'), { code: 'X' }), new Point(), Object.assign([1, 2], { extra: 3 }),
];
const REFUSED = [() => {}, Symbol('s'), { f() {} }, new WeakMap(), Promise.resolve(), [Symbol.iterator], new WeakRef({}), (function* () {})()];
const cases = {
  async echo() { const worker = start('echo'); for (const value of VALUES) { worker.postMessage(value); const [back] = await once(worker, 'message'); log(back instanceof Error ? [said(back), said(back.cause), back.code, back.stack === value.stack] : back, Object.prototype.toString.call(back), Object.getPrototypeOf(Object(back)) === Object.getPrototypeOf(Object(value))); } for (const value of REFUSED) tries('refused', () => worker.postMessage(value)); tries('none', () => worker.postMessage()); { const shared = { a: 1 }; worker.postMessage([shared, shared]); const [[a, b]] = await once(worker, 'message'); log(a === b, a !== shared); } const u8 = new Uint8Array([1, 2, 3, 4]); worker.postMessage({ whole: u8, part: u8.subarray(1, 3) }); const [{ whole, part }] = await once(worker, 'message'); log(whole.buffer === part.buffer, part); worker.postMessage('end'); log((await once(worker, 'exit'))[0]); worker.postMessage('into the void'); },
  async transfer() { const worker = start('echo'); const buffer = new ArrayBuffer(8); worker.postMessage(buffer, [buffer]); log(buffer.byteLength, buffer.detached); log((await once(worker, 'message'))[0]); tries('detached', () => worker.postMessage(buffer)); for (const list of [[{}], [new ArrayBuffer(1), 5], 'x', 5]) tries('list', () => worker.postMessage(1, list)); const twice = new ArrayBuffer(1); tries('twice', () => worker.postMessage(1, [twice, twice])); const { port1 } = new MessageChannel(); tries('not in the list', () => worker.postMessage(port1)); const marked = markAsUntransferable; const own = new ArrayBuffer(2); marked(own); tries('marked', () => worker.postMessage(own, [own])); log(isMarkedAsUntransferable(own), isMarkedAsUntransferable({})); port1.close(); await worker.terminate(); },
  async throws() { await events(start('throws')); await events(start('throwsNumber')); await events(start('rejects')); },
  async handled() { await events(start('handled')); },
  async exits() { await events(start('exits')); await events(start('exitCode')); await events(start('nothing')); },
  async terminate() { for (const role of ['loops', 'waits']) { const worker = start(role); const done = events(worker); await once(worker, 'message'); log('terminated', await worker.terminate()); await done; log(await worker.terminate(), worker.threadId); } },
  async about() { setEnvironmentData('key', { deep: [1] }); const worker = start('about', { argv: ['a', 5], env: { ONLY: 'this' }, name: 'named', workerData: { more: [1, { b: 2 }] }, resourceLimits: {} }); log(worker.threadName, worker.threadId > 0); worker.on('message', ({ limits, ...m }) => log('message', m)); await events(worker, true); setEnvironmentData('key', undefined); log(getEnvironmentData('key')); },
  async isolation() { process.env.ONLY = 'mine'; await events(start('mutates')); log(process.env.ONLY, globalThis.leaked); },
  async output() { const worker = start('writes', { stdout: true, stderr: true }); let text = ''; worker.stdout.on('data', (c) => { text += `out ${c}`; }); worker.stderr.on('data', (c) => { text += `err ${c}`; }); await events(worker); await new Promise((r) => setTimeout(r, 20)); log(text); await events(start('writes')); },
  async ports() { const { port1, port2 } = new MessageChannel(); const worker = start('takesPort', { workerData: { port: port2 }, transferList: [port2] }); port1.on('message', (m) => log('port', m)); port1.on('close', () => log('port closed')); port1.postMessage('one'); port1.postMessage('two'); await events(worker); },
  async sync() { const { port1, port2 } = new MessageChannel(); const worker = start('sync', { workerData: { port: port2 }, transferList: [port2] }); await once(worker, 'exit'); log(receiveMessageOnPort(port1), receiveMessageOnPort(port1), receiveMessageOnPort(port1)); port1.close(); tries('no port', () => receiveMessageOnPort({})); },
  async nests() { await events(start('nests')); },
  async evals() { await events(new Worker("const { parentPort } = require('worker_threads'); parentPort.postMessage([__filename, typeof require, process.argv.length]); this.x = 1;", { eval: true })); },
  async missing() { const worker = new Worker('/does/not/exist.js'); worker.on('error', (e) => log('error', e.code, e.message.split('\n')[0])); log((await new Promise((r) => worker.on('exit', (c) => r([c]))))[0]); for (const file of ['name.js', 5, null, 'file:///x.js']) tries('file', () => new Worker(file)); tries('eval', () => new Worker(new URL('file:///x.js'), { eval: true })); tries('env', () => new Worker(__filename, { env: 5 })); tries('argv', () => new Worker(__filename, { argv: 'x' })); },
  async channel() { const stays = setInterval(() => {}, 1000); const { port1, port2 } = new MessageChannel(); log(port1 instanceof MessagePort, port1 instanceof EventTarget, port1.hasRef()); port1.postMessage('before'); port1.postMessage('anybody'); const got = []; port2.onmessage = (event) => got.push([event.data, event.type, event.target === port2, event.constructor.name]); await new Promise((r) => setImmediate(r)); await new Promise((r) => setTimeout(r, 5)); log(got, port2.hasRef()); port2.onmessage = null; log(port2.hasRef()); const once2 = once(port2, 'message'); port1.postMessage({ once: 1 }); log(await once2); const listener = (event) => log('event', event.data); port2.addEventListener('message', listener); port1.postMessage('listened'); await new Promise((r) => setTimeout(r, 5)); port2.removeEventListener('message', listener); port2.on('message', (m) => { log('on', m); if (m === 3) port2.close(); }); for (let i = 0; i < 5; i += 1) port1.postMessage(i); await Promise.all([port1, port2].map((port) => new Promise((r) => port.on('close', () => { log('closed'); r(); })))); port1.postMessage('late'); tries('again', () => port1.close()); tries('ctor', () => new MessagePort()); tries('own', () => { const c = new MessageChannel(); try { c.port1.postMessage(1, [c.port1]); } finally { c.port1.close(); } }); clearInterval(stays); },
  async unref() { const worker = start('waits'); worker.unref(); worker.ref(); await once(worker, 'message'); worker.unref(); const other = start('waits'); other.on('message', () => other.unref()); },
  async contexts() { const als = new AsyncLocalStorage(); const worker = als.run('creator', () => start('echo')); als.run('listener', () => { worker.on('message', (m) => log('message', m, als.getStore())); worker.on('online', () => log('online', als.getStore())); worker.on('exit', () => log('exit', als.getStore())); }); als.run('poster', () => worker.postMessage('hi')); await als.run('awaiter', async () => { await once(worker, 'message'); log('awaited', als.getStore()); }); als.run('ender', () => worker.postMessage('end')); await once(worker, 'exit'); const { port1, port2 } = als.run('maker', () => new MessageChannel()); als.run('on', () => port2.on('message', () => { log('port', als.getStore()); port2.close(); })); port1.on('close', () => log('close', als.getStore())); als.run('sender', () => port1.postMessage(1)); const stays = setInterval(() => {}, 1000); await new Promise((r) => port1.on('close', r)); clearInterval(stays); },
};
(async () => { log(threadId, parentPort, workerData, isMainThread, typeof SHARE_ENV); for (const [name, run] of Object.entries(cases)) { log(`---- ${name}`); await run(); } })();
