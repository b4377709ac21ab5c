// What programs ask of `net`, `os`, `fs` by descriptors, `util.getCallSites`, and of what keeps the loop going.
'use strict';
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');
const util = require('util');
const { MessageChannel } = require('worker_threads');

for (const text of ['127.0.0.1', '256.0.0.1', '1.2.3', '::', '::1', '1::2::3', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', 'fe80::1%eth0', '', '12345::', '01.2.3.4', undefined, 5]) {
  console.log(text, net.isIP(text), net.isIPv4(text), net.isIPv6(text));
}
console.log(net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout() > 0);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'throughline-'));
const file = path.join(folder, 'file');
const open = fs.openSync(file, 'wx+');
console.log(fs.writeSync(open, 'abcdef'), fs.writeSync(open, Buffer.from('XYZ'), 1, 1), fs.writeSync(open, '-', 2));
const bytes = Buffer.alloc(4, '.');
console.log(fs.readSync(open, bytes, 1, 2, 1), bytes.toString(), fs.readSync(open, bytes, { position: 5 }), bytes.toString(), fs.fstatSync(open).size);
fs.closeSync(open);
for (const bad of [() => fs.closeSync(open), () => fs.openSync(path.join(folder, 'none')), () => fs.openSync(file, 'wx'), () => fs.readSync('x', bytes), () => fs.fstatSync(-1)]) {
  try {
    bad();
  } catch ({ code, syscall, name }) {
    console.log(name, code, syscall);
  }
}
fs.rmSync(folder, { recursive: true });

function named() {
  return util.getCallSites(1)[0];
}
const { functionName, scriptName, lineNumber } = named();
console.log(functionName, path.basename(scriptName), lineNumber);
for (const bad of [0, 201, 'x']) {
  try {
    util.getCallSites(bad);
  } catch ({ code }) {
    console.log(code);
  }
}

// Its own standard streams are Node's, too, where they are pipes.
const active = () => process.getActiveResourcesInfo().filter((type) => /^(?:Timeout|Immediate)$/.test(type));
const timer = setTimeout(() => {}, 1);
const immediate = setImmediate(() => {});
console.log(active());
timer.unref();
clearImmediate(immediate);
console.log(active());

try {
  process.kill(process.pid, 'SIGNOTHING');
} catch ({ code }) {
  console.log(code);
}
console.log(process.kill(process.pid, 0));

const odd = () => console.log('called');
odd.call = odd.apply = 'no function';
setTimeout(odd, 1);

const { port1 } = new MessageChannel();
port1.on('own', (value) => console.log('as an emitter', value));
port1.addEventListener('own', ({ type, detail }) => console.log('as a target', type, detail));
port1.emit('own', 'value');
console.log(globalThis.MessageChannel === MessageChannel, port1 instanceof globalThis.MessagePort, new MessageEvent('message', { data: 1 }).data);
