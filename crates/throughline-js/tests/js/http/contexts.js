// Which context each callback of a server and of its clients runs in: a server that listens in a context, two requests over one connection.
const { AsyncLocalStorage, executionAsyncResource } = require('node:async_hooks');
const http = require('node:http');
const als = new AsyncLocalStorage();
const lines = [];
const seen = (who) => lines.push(`${who}: ${als.getStore()} as ${executionAsyncResource().constructor.name}`);
const stores = (who) => lines.push(`${who}: ${als.getStore()}`);
let n = 0;
als.run('server', () => {
  const server = http.createServer((req, res) => {
    seen('handler');
    als.enterWith(`handler ${++n}`);
    req.on('data', () => seen('request data'));
    req.on('end', () => {
      seen('request end');
      setImmediate(() => {
        als.run('answer', () => {
          res.write('a', () => stores('written'));
          res.end('b', () => stores('ended'));
        });
      });
    });
    req.on('close', () => seen('request close'));
    res.on('finish', () => seen('response finish'));
    res.on('close', () => seen('response close'));
    req.on('aborted', () => stores('aborted'));
    req.on('error', () => stores('request error'));
  });
  server.on('connection', (socket) => {
    seen('connection');
    socket.on('close', () => stores('socket close'));
  });
  server.on('close', () => seen('server close'));
  server.listen(0, () => {
    seen('listening');
    als.exit(clients, server);
  });
});
function clients(server) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const go = (name, after) => als.run(name, () => {
    const req = http.request({ port: server.address().port, method: 'POST', agent }, (res) => {
      seen('  response');
      res.on('data', (chunk) => seen(`  data ${chunk}`));
      res.on('end', () => seen('  end'));
      res.on('close', () => {
        seen('  response close');
        after?.();
      });
    });
    req.on('socket', () => seen('  socket'));
    req.on('finish', () => stores('  finish'));
    req.on('close', () => seen('  request close'));
    req.end('body');
  });
  go('client 1');
  go('client 2', () => {
    agent.destroy();
    server.close(() => stores('closed'));
  });
}
// Both ends are in one process here: what the server and what the client says is told apart.
process.on('exit', () => {
  const isClient = (line) => line.startsWith('  ');
  console.log(lines.filter((line) => !isClient(line)).join('\n'));
  console.log(lines.filter(isClient).join('\n'));
});
