// `fetch`, over `node:http`: a request, the answer's head, and its body as text, bytes or JSON. Redirects are followed.
//
// Required as `internal/fetch`.
'use strict';

const { codes, validate } = require('internal/errors');

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MAX_REDIRECTS = 20;

class Headers {
  // lower-case name -> value
  #values = new Map();

  constructor(init = undefined) {
    if (init === undefined || init === null) return;
    const pairs = typeof init[Symbol.iterator] === 'function' ? init : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }

  #name(name) {
    if (!TOKEN.test(`${name}`)) throw new TypeError(`Headers: ${name} is an invalid header name.`);
    return `${name}`.toLowerCase();
  }

  append(name, value) {
    const key = this.#name(name);
    const former = this.#values.get(key);
    const text = `${value}`.trim();
    this.#values.set(key, former === undefined ? text : `${former}, ${text}`);
  }

  delete(name) {
    this.#values.delete(this.#name(name));
  }

  get(name) {
    return this.#values.get(this.#name(name)) ?? null;
  }

  has(name) {
    return this.#values.has(this.#name(name));
  }

  set(name, value) {
    this.#values.set(this.#name(name), `${value}`.trim());
  }

  forEach(callback, thisArg = undefined) {
    for (const [name, value] of this) Reflect.apply(callback, thisArg, [value, name, this]);
  }

  * entries() {
    yield* [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  * keys() {
    for (const [name] of this) yield name;
  }

  * values() {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator]() {
    return this.entries();
  }

  get [Symbol.toStringTag]() {
    return 'Headers';
  }
}

class Response {
  #read;

  constructor(body = null, init = {}) {
    this.status = init.status ?? 200;
    this.statusText = init.statusText ?? '';
    this.headers = new Headers(init.headers);
    this.url = '';
    this.redirected = false;
    this.type = 'default';
    this.bodyUsed = false;
    this.#read = async () => require('node:buffer').Buffer.from(body ?? '');
  }

  static of(message, url, redirected) {
    const headers = [];
    for (let i = 0; i < message.rawHeaders.length; i += 2) headers.push([message.rawHeaders[i], message.rawHeaders[i + 1]]);
    const response = new Response(null, { status: message.statusCode, statusText: message.statusMessage, headers });
    Object.assign(response, { url: url.href, redirected, type: 'basic' });
    response.#read = async () => {
      const chunks = [];
      for await (const chunk of message) chunks.push(chunk);
      return require('node:buffer').Buffer.concat(chunks);
    };
    return response;
  }

  get ok() {
    return this.status >= 200 && this.status < 300;
  }

  async #bytes() {
    if (this.bodyUsed) throw new TypeError('Body is unusable: Body has already been read');
    this.bodyUsed = true;
    return this.#read();
  }

  async arrayBuffer() {
    return new Uint8Array(await this.#bytes()).buffer;
  }

  async bytes() {
    return new Uint8Array(await this.#bytes());
  }

  async text() {
    return (await this.#bytes()).toString('utf8');
  }

  async json() {
    return JSON.parse(await this.text());
  }

  get [Symbol.toStringTag]() {
    return 'Response';
  }
}

function request(url, { method, headers, body, signal }) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const sent = require('node:http').request(url, { method, headers: Object.fromEntries(headers), signal }, resolve);
  sent.on('error', (error) => reject(signal?.aborted ? signal.reason : Object.assign(new TypeError('fetch failed'), { cause: error })));
  sent.end(body);
  return promise;
}

async function fetch(input, init = {}) {
  let url = new URL(input?.url ?? input);
  if (url.protocol !== 'http:') throw Object.assign(new TypeError('fetch failed'), { cause: new codes.ERR_INVALID_PROTOCOL(url.protocol, 'http:') });
  validate.abortSignal(init.signal ?? undefined, 'init.signal');
  init.signal?.throwIfAborted();
  const headers = new Headers(init.headers);
  const given = { method: (init.method ?? 'GET').toUpperCase(), headers, body: init.body ?? undefined, signal: init.signal ?? undefined };
  if (given.body !== undefined && typeof given.body !== 'string' && !ArrayBuffer.isView(given.body)) given.body = `${given.body}`;
  if (typeof given.body === 'string' && !headers.has('content-type')) headers.set('content-type', 'text/plain;charset=UTF-8');
  if (!headers.has('accept')) headers.set('accept', '*/*');
  for (let count = 0; ; count += 1) {
    const message = await request(url, given);
    const location = REDIRECTS.has(message.statusCode) ? message.headers.location : undefined;
    if (location === undefined || init.redirect === 'manual') return Response.of(message, url, count > 0);
    message.resume();
    if (init.redirect === 'error' || count === MAX_REDIRECTS) {
      throw Object.assign(new TypeError('fetch failed'), { cause: new Error(count === MAX_REDIRECTS ? 'redirect count exceeded' : 'unexpected redirect') });
    }
    url = new URL(location, url);
    if (message.statusCode === 303 || (message.statusCode < 303 && given.method === 'POST')) Object.assign(given, { method: 'GET', body: undefined });
  }
}

module.exports = { fetch, Headers, Response };
