// What a server is asked and answers, as both ends see it.
const http = require('node:http');
const { once } = require('node:events');
const { inspect } = require('node:util');
const log = (...args) => console.log(...args);
// What the client has to say is said after what the server has.
let told = [];
const tell = (...args) => told.push(args.map((arg) => (typeof arg === 'string' ? arg : inspect(arg))).join(' '));
const said = (e) => `${e.name} ${e.code} ${e.message}`;
const tries = (label, f) => { try { const v = f(); log(label, typeof v === 'object' ? v?.constructor?.name : v); } catch (e) { log(label, 'threw', said(e)); } };
const hide = (headers) => Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, k === 'date' ? typeof v : String(v).replace(/:\d{4,5}\b/g, ':PORT')]));
const raw = (list) => list.map((v, i) => (list[i - 1] === 'Date' ? 'DATE' : v.replace(/:\d{4,5}\b/g, ':PORT')));
const cases = {
  plain: [{}, (req, res) => res.end('hello')],
  nothing: [{}, (req, res) => res.end()],
  buffer: [{}, (req, res) => res.end(Buffer.from([0, 255, 128]))],
  encoding: [{}, (req, res) => { res.write('é', 'latin1'); res.end('68656c6c6f', 'hex'); }],
  chunks: [{}, (req, res) => { res.write('one'); setTimeout(() => { res.write('two'); setTimeout(() => res.end('three'), 5); }, 5); }],
  status: [{}, (req, res) => { res.statusCode = 404; res.statusMessage = 'Nothing Here'; res.setHeader('X-One', '1'); res.end('gone'); }],
  writeHead: [{}, (req, res) => { res.setHeader('X-Kept', 'k'); res.setHeader('X-Replaced', 'old'); res.writeHead(201, 'Made', { 'X-Replaced': 'new', 'X-List': ['a', 'b'] }); res.end('m'); }],
  rawHead: [{}, (req, res) => { res.writeHead(200, ['X-A', '1', 'X-A', '2', 'Set-Cookie', 'c=1', 'Set-Cookie', 'd=2']); res.end(); }],
  length: [{}, (req, res) => { res.setHeader('Content-Length', 3); res.write('a'); res.end('bc'); }],
  noDate: [{}, (req, res) => { res.sendDate = false; res.end('x'); }],
  close: [{}, (req, res) => { res.setHeader('Connection', 'close'); res.end('bye'); }],
  noContent: [{}, (req, res) => { res.writeHead(204); res.end(); }],
  notModified: [{}, (req, res) => { res.statusCode = 304; res.end('ignored'); }],
  head: [{ method: 'HEAD' }, (req, res) => { res.setHeader('Content-Length', 5); res.end('hello'); }],
  flush: [{}, (req, res) => { res.flushHeaders(); log('sent', res.headersSent); setTimeout(() => res.end('later'), 5); }],
  trailers: [{ headers: { TE: 'trailers' } }, (req, res) => { res.writeHead(200, { Trailer: 'X-Sum' }); res.write('body'); res.addTrailers({ 'X-Sum': '42' }); res.end(); }],
  post: [{ method: 'POST', body: ['sent'], headers: { 'Content-Type': 'text/plain' } }, echo],
  put: [{ method: 'PUT', body: ['one ', 'two'] }, echo],
  lengthOfRequest: [{ method: 'POST', body: ['12345'], headers: { 'Content-Length': '5' } }, echo],
  deleteIt: [{ method: 'DELETE' }, echo],
  query: [{ path: '/a/b%20c?x=1&y=%C3%A9' }, (req, res) => { log(req.url); res.end(req.url); }],
  headers: [{ headers: { 'X-Single': 'a', 'Accept': ['x', 'y'], 'Cookie': ['a=1', 'b=2'], 'X-Latin': 'caf\u00e9', 'Authorization': 'Basic x' } }, (req, res) => { log(hide(req.headers), raw(req.rawHeaders)); log(hide(req.headersDistinct)); res.setHeader('X-Latin', 'caf\u00e9'); res.setHeader('Set-Cookie', ['a=1', 'b=2']); res.end(); }],
  auth: [{ auth: 'user:secret' }, (req, res) => { log(req.headers.authorization); res.end(); }],
  noHost: [{ setHost: false, headers: { Host: 'other.example' } }, (req, res) => { log(req.headers.host); res.end(); }],
  continue: [{ method: 'POST', body: ['expected'], headers: { 'Expect': '100-continue' } }, echo],
  keepNone: [{ headers: { Connection: 'close' } }, (req, res) => res.end('x')],
  iterate: [{ method: 'POST', body: ['a', 'b'] }, async (req, res) => { let text = ''; for await (const chunk of req) text += chunk; res.end(text); }],
  pipe: [{ method: 'POST', body: ['piped'] }, (req, res) => req.pipe(res)],
  setEncoding: [{ method: 'POST', body: ['\u00e9\u20ac'] }, (req, res) => { req.setEncoding('utf8'); let text = ''; req.on('data', (c) => { text += c; }); req.on('end', () => res.end(text)); }],
  unread: [{ method: 'POST', body: ['not read'] }, (req, res) => { res.end('done'); res.on('close', () => log('complete', req.complete, req._dumped)); }],
  misuse: [{}, (req, res) => {
    tries('bad status', () => res.writeHead(99)); tries('bad status', () => res.writeHead(1000)); tries('bad status', () => res.writeHead('x'));
    tries('bad name', () => res.setHeader('in valid', 'x')); tries('no name', () => res.setHeader('', 'x')); tries('no value', () => res.setHeader('X', undefined)); tries('bad value', () => res.setHeader('X', 'a\nb')); tries('get', () => res.getHeader(5)); tries('message', () => res.writeHead(200, 'a\nb')); res.statusMessage = undefined;
    res.setHeader('X-Up', 'v'); log(res.getHeader('x-up'), res.hasHeader('X-UP'), res.getHeaderNames(), res.getHeaders(), res.getRawHeaderNames()); res.removeHeader('x-UP'); log(res.hasHeader('X-Up')); res.appendHeader('X-L', '1'); res.appendHeader('X-L', '2'); log(res.getHeader('x-l'));
    tries('null', () => res.write(null)); tries('number', () => res.write(5)); log(res.headersSent, res.writableEnded, res.finished, res.writable);
    res.write('x'); log(res.headersSent); tries('late', () => res.setHeader('X', '1')); tries('late', () => res.removeHeader('X')); tries('late', () => res.writeHead(200)); tries('late', () => res.appendHeader('X', '1'));
    res.on('error', (e) => log('error', said(e))); res.end('y', () => log('end callback')); log(res.writableEnded, res.writableFinished); res.end(() => log('second end')); log(res.write('z', (e) => log('z', said(e)))); res.end('w', (e) => log('w', said(e)));
    res.on('finish', () => { log('finish', res.writableFinished, res.socket === null); tries('after', () => res.end(() => log('third'))); });
  }],
};
async function echo(req, res) {
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  await once(req, 'end');
  log(req.method, req.httpVersion, req.complete, hide(req.headers));
  res.end(Buffer.concat(chunks));
}
const server = http.createServer((req, res) => current(req, res));
let current;
const agent = new http.Agent();
function ask({ body = [], ...options }) {
  return new Promise((resolve) => {
    const req = http.request({ port: server.address().port, agent, ...options }, (res) => {
      tell(res.statusCode, res.statusMessage, res.httpVersion, hide(res.headers));
      tell(raw(res.rawHeaders));
      const chunks = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => { const all = Buffer.concat(chunks); tell(all.length, all.toString('latin1'), chunks.length, res.complete, res.trailers, res.rawTrailers); });
      res.on('close', resolve);
    });
    req.on('continue', () => tell('continue'));
    req.on('information', ({ statusCode }) => tell('information', statusCode));
    req.on('error', (e) => { tell('request error', said(e)); resolve(); });
    tell(req.method, req.path, req.host, req.protocol, req.getHeader('host') === undefined);
    for (const part of body) req.write(part);
    req.end();
  });
}
server.listen(0, async () => {
  for (const [name, [options, handler]] of Object.entries(cases)) {
    log(`---- ${name}`);
    current = handler;
    await ask(options);
    await new Promise((r) => setTimeout(r, 5));
    for (const line of told.splice(0)) log(`  ${line}`);
  }
  server.close(() => log('closed'));
});
log(http.METHODS.length, http.METHODS.slice(0, 3), Object.keys(http.STATUS_CODES).length, http.STATUS_CODES[418], Object.keys(http).sort().filter((k) => !/^_|WebSocket|CloseEvent|MessageEvent|setMaxIdleHTTPParsers|setGlobalProxyFromEnv/.test(k)));
