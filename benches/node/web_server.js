// The same server as src/web/serve.rs, in Node: so many AsyncLocalStorages, or none.
'use strict';
const http = require('node:http');
const { AsyncLocalStorage } = require('node:async_hooks');
const { randomBytes, randomUUID } = require('node:crypto');

const byHand = process.argv[2] === 'by-hand';
const count = byHand ? 0 : Number(process.argv[2]);
const storages = Array.from({ length: count }, () => new AsyncLocalStorage());
const sources = [
  (req) => req.headers['x-request-id'] ?? randomUUID(),
  (req) => req.url,
  (req) => req.socket.remoteAddress,
];

let line;
// `id` is there where it is passed on by hand.
function log(id, message) {
  line = `${id ?? storages[0]?.getStore() ?? '-'}: ${message}`;
}

const nextTurn = () => new Promise(setImmediate);

// The same steps as the functions of the same names there. What runs on a thread of the pool is here the making of random bytes.
async function least(req, res, id) {
  log(id, 'start');
  await nextTurn();
  log(id, 'finish');
  res.setHeader('content-type', 'text/plain; charset=utf-8');
  res.end('hello\n');
}

async function logger(req, res, id) {
  log(id, 'start');
  await nextTurn();
  log(id, 'after the wait');
  await (async () => {
    await nextTurn();
    log(id, 'in the spawned task');
  })();
  await new Promise((resolve) => randomBytes(8, resolve));
  log(id, 'in the blocking call');
  for (let n = 1; n <= 3; n++) {
    await nextTurn();
    log(id, `chunk ${n}`);
    res.write('chunk\n');
  }
  await nextTurn();
  log(id, 'finish');
  res.end();
}

function serve(req, res, id) {
  return req.url === '/logger' ? logger(req, res, id) : least(req, res, id);
}

function serveByHand(req, res) {
  const id = sources[0](req);
  res.setHeader('x-request-id', id);
  return serve(req, res, id);
}

function serveBare(req, res) {
  return serve(req, res);
}

function inContext(req, res, n = 0) {
  if (n === count) {
    res.setHeader('x-request-id', storages[0].getStore());
    return serve(req, res);
  }
  storages[n].run(sources[n]?.(req) ?? n, inContext, req, res, n + 1);
}

const bare = byHand ? serveByHand : serveBare;
const server = http.createServer(count === 0 ? bare : (req, res) => inContext(req, res));
server.listen(0, '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`listening on ${address}:${port}`);
});
// Nobody is left who could end it otherwise.
process.stdin.on('end', () => process.exit(0)).resume();
