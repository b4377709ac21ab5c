// The channels of diagnostics that servers and clients publish to, and a store that one of them enters for the request.
const dc = require('node:diagnostics_channel');
const { AsyncLocalStorage } = require('node:async_hooks');
const http = require('node:http');
const als = new AsyncLocalStorage();
const told = { server: [], client: [] };
const kinds = (message) => Object.entries(message).map(([key, value]) => `${key}: ${value?.constructor?.name.replace(/^TCP$|^Socket$/, 'socket')}`).join(', ');
for (const [side, names] of Object.entries({ server: ['request.start', 'response.created', 'response.finish'], client: ['request.created', 'request.start', 'request.error', 'response.finish'] })) {
  for (const name of names) dc.subscribe(`http.${side}.${name}`, (message) => told[side].push(`${name} {${kinds(message)}}`));
}
let context;
dc.subscribe('http.server.request.start', (message) => { als.enterWith(message); context = message; });
dc.subscribe('http.server.response.finish', (message) => {
  const { request, response, server } = als.getStore();
  told.server.push(`same: ${request === message.request}, ${response === message.response}, ${server === message.server}`);
});
const server = http.createServer((req, res) => {
  told.server.push(`handler in the store: ${als.getStore() === context}`);
  setTimeout(() => { told.server.push(`later too: ${als.getStore() === context}`); res.end('done'); }, 1);
});
server.listen(0, () => {
  http.get({ port: server.address().port }, (res) => {
    res.resume();
    res.on('end', () => {
      http.get({ port: 1, host: '127.0.0.1' }).on('error', () => {});
      server.close();
    });
  });
});
process.on('exit', () => console.log(JSON.stringify(told, null, 1)));
