// `fetch`, and the context it is awaited in.
'use strict';
const http = require('http');
const { AsyncLocalStorage } = require('async_hooks');

const store = new AsyncLocalStorage();
const server = http.createServer((req, res) => {
  if (req.url === '/moved') return res.writeHead(302, { location: '/' }).end();
  if (req.url === '/missing') return res.writeHead(404).end('nothing');
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => res.setHeader('x-answer', 'yes').end(JSON.stringify({ method: req.method, type: req.headers['content-type'], mine: req.headers['x-mine'], body: Buffer.concat(chunks).toString() })));
});

async function main() {
  const root = `http://127.0.0.1:${server.address().port}`;
  const answer = await fetch(root, { method: 'post', body: 'text', headers: { 'X-Mine': 'a' } });
  console.log(answer.status, answer.ok, answer.headers.get('X-Answer'), await answer.json(), store.getStore());
  console.log(await answer.text().catch(({ name }) => name), answer.bodyUsed);
  const moved = await fetch(new URL('/moved', root));
  console.log(moved.redirected, moved.url === `${root}/`, (await moved.json()).method);
  const missing = await fetch(`${root}/missing`);
  console.log(missing.status, missing.ok, missing.statusText, await missing.text());
  console.log(await fetch(root, { signal: AbortSignal.abort() }).catch(({ name }) => name));
  console.log(await fetch('http://127.0.0.1:1/').catch(({ name, message }) => [name, message]));
  const headers = new Headers({ b: 1, A: 'x' });
  headers.append('B', '2');
  console.log([...headers], headers.has('a'), await new Response('own', { status: 201 }).text());
  console.log(store.getStore());
}

server.listen(0, '127.0.0.1', () => store.run('here', main).finally(() => {
  server.closeAllConnections();
  server.close();
}));
