// Flags: --expose-internals
// The resources of servers and clients: their types and causes, their lives, the resource at hand; a connection that is used again is another one.
const { createHook, executionAsyncId, executionAsyncResource, triggerAsyncId } = require('node:async_hooks');
const { async_id_symbol } = require('internal/async_hooks').symbols;
const http = require('node:http');
// Standard output is a pipe here, a file there.
const IGNORED = ['PIPEWRAP', 'TTYWRAP', 'TickObject', 'Timeout', 'Immediate', 'DNSCHANNEL', 'PROMISE', 'SHUTDOWNWRAP', 'Microtask', 'PIPEWRAP', 'WRITEWRAP', 'TTYWRAP'];
const known = new Map();
const told = [];
const names = new Map();
const nameOf = (id) => known.get(id)?.name ?? (id <= 1 ? String(id) : '?');
createHook({
  init(id, type, trigger, resource) {
    if (IGNORED.includes(type)) {
      // What these were caused by stands for them.
      known.set(id, { name: nameOf(trigger), resource, isIgnored: true });
      return;
    }
    const n = (names.get(type) ?? 0) + 1;
    names.set(type, n);
    known.set(id, { name: `${type} ${n}`, resource, balance: 0, destroyed: 0 });
    told.push(`init ${type} ${n} by ${nameOf(trigger)}, ${resource.constructor.name}`);
  },
  before(id) { if (known.has(id)) known.get(id).balance += 1; },
  after(id) { if (known.has(id)) known.get(id).balance -= 1; },
  destroy(id) { if (known.has(id)) known.get(id).destroyed += 1; },
  trackPromises: false,
}).enable();
const here = (who) => told.push(`${who}: caused by ${nameOf(triggerAsyncId())}, ${known.get(executionAsyncId())?.resource === executionAsyncResource()}`);
const server = http.createServer((req, res) => { here('handler'); req.resume(); req.on('end', () => { here('request end'); res.end('ok'); }); });
server.on('connection', (socket) => { here('connection'); told.push(`socket of the server: ${nameOf(socket[async_id_symbol])}`); });
server.listen(0, '127.0.0.1', () => {
  here('listening');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1, keepAliveMsecs: Infinity });
  const ids = [];
  const go = (name, host, then) => {
    const req = http.request({ host, port: server.address().port, agent, method: 'POST' }, (res) => {
      here(`${name} response`);
      ids.push(res.socket[async_id_symbol]);
      const { socket } = res;
      res.resume();
      res.on('end', () => setImmediate(() => {
        told.push(`${name} socket afterwards: ${socket[async_id_symbol] === -1 ? 'free' : 'in use'}`);
        then(socket);
      }));
    });
    req.on('socket', (socket) => told.push(`${name} socket: ${nameOf(socket[async_id_symbol])}`));
    req.end('x');
    return req;
  };
  go('first', '127.0.0.1', () => {
    go('second', '127.0.0.1', () => {
      told.push(`its own id: ${ids[0] !== ids[1]}, wrapped: ${known.get(ids[1]).resource.handle === known.get(ids[0]).resource}, of type ${known.get(ids[1]).resource.type}`);
      go('by name', 'localhost', () => {
        agent.destroy();
        server.close();
      });
    });
  });
});
process.on('exit', () => {
  // Two ends in one process: whose turn it is first is nobody's to say.
  console.log(told.sort().join('\n'));
  for (const { name, balance, destroyed } of [...known.values()].filter(({ isIgnored }) => !isIgnored).sort((a, b) => (a.name < b.name ? -1 : 1))) console.log(name, balance, destroyed);
});
