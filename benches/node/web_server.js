// The same server as src/web/serve.rs, in Node: so many AsyncLocalStorages, or none.
'use strict';
const http = require('node:http');
const { AsyncLocalStorage } = require('node:async_hooks');
const { randomBytes, randomUUID } = require('node:crypto');

const count = Number(process.argv[2]);
const storages = Array.from({ length: count }, () => new AsyncLocalStorage());
const sources = [
  (req) => req.headers['x-request-id'] ?? randomUUID(),
  (req) => req.url,
  (req) => req.socket.remoteAddress,
];

let line;
function log(message) {
  line = `${storages[0]?.getStore() ?? '-'}: ${message}`;
}

const nextTurn = () => new Promise(setImmediate);

// The same steps as the functions of the same names there. What runs on a thread of the pool is here the making of random bytes.
async function least(req, res) {
  log('start');
  await nextTurn();
  log('finish');
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end('hello\n');
}

async function logger(req, res) {
  log('start');
  await nextTurn();
  log('after the wait');
  await (async () => {
    await nextTurn();
    log('in the spawned task');
  })();
  await new Promise((resolve) => randomBytes(8, resolve));
  log('in the blocking call');
  for (let n = 1; n <= 3; n++) {
    await nextTurn();
    log(`chunk ${n}`);
    res.write('chunk\n');
  }
  await nextTurn();
  log('finish');
  res.end();
}

function serve(req, res) {
  return req.url === '/logger' ? logger(req, res) : least(req, res);
}

function inContext(req, res, n = 0) {
  if (n === count) {
    res.setHeader('x-request-id', storages[0].getStore());
    return serve(req, res);
  }
  storages[n].run(sources[n]?.(req) ?? n, inContext, req, res, n + 1);
}

const server = http.createServer(count === 0 ? serve : (req, res) => inContext(req, res));
server.listen(0, '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`listening on ${address}:${port}`);
});
// Nobody is left who could end it otherwise.
process.stdin.on('end', () => process.exit(0)).resume();
