// The client of `node:http`.
//
// A request's callbacks run in the context in which it was made, on whichever connection it goes.
//
// Required as `internal/http_client`. Needs of `internal`: `http`, `loop`, `nextTick`.
'use strict';

const { Buffer } = require('node:buffer');
const { channel } = require('node:diagnostics_channel');
const ah = require('internal/async_hooks');
const { codes, validate } = require('internal/errors');
const { addAbortSignal } = require('internal/stream_end');
const { IncomingMessage } = require('internal/http_incoming');
const { OutgoingMessage, kHeaders } = require('internal/http_outgoing');
const { connectionReset, isToken, publish } = require('internal/http_common');
const agents = require('internal/http_agent');

const { nextTick } = internal;
const { async_id_symbol } = ah.symbols;

const CHANNELS = ['request.created', 'request.start', 'request.error', 'response.finish'];
const [requestCreated, requestStart, requestError, responseFinish] = CHANNELS.map((name) => channel(`http.client.${name}`));

const kError = Symbol('kError');
const kPath = Symbol('kPath');
// eslint-disable-next-line no-control-regex
const INVALID_PATH = /[^\u0021-\u00ff]/;

class HTTPClientAsyncResource {
  constructor(type, req) {
    this.type = type;
    this.req = req;
  }
}

function validateHost(host, name) {
  if (host !== null && host !== undefined && typeof host !== 'string') {
    throw new codes.ERR_INVALID_ARG_TYPE(`options.${name}`, ['string', 'undefined', 'null'], host);
  }
  return host;
}

function checkedTimeout(msecs, name) {
  validate.number(msecs, name);
  if (msecs < 0 || !Number.isFinite(msecs)) throw new codes.ERR_OUT_OF_RANGE(name, 'a non-negative finite number', msecs);
  return Math.min(msecs, 2 ** 31 - 1);
}

// (url[, options][, callback]) or (options[, callback])
function normalize(input, options, callback) {
  if (typeof input === 'string') input = require('node:url').urlToHttpOptions(new URL(input));
  else if (input?.href !== undefined && input.protocol !== undefined && input.auth === undefined && input.path === undefined) input = require('node:url').urlToHttpOptions(input);
  else [input, options, callback] = [null, input, options];
  if (typeof options === 'function') return [input ?? {}, options];
  return [Object.assign({ __proto__: null }, input, options), callback];
}

function ClientRequest(input, given, then) {
  OutgoingMessage.call(this);
  const [options, callback] = normalize(input, given, then);
  const defaultAgent = options._defaultAgent || agents.globalAgent;
  let { agent } = options;
  if (agent === false) agent = new defaultAgent.constructor();
  else if (agent === null || agent === undefined) agent = defaultAgent;
  else if (typeof agent.addRequest !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('options.agent', ['Agent-like Object', 'undefined', 'false'], agent);
  }
  this.agent = agent;
  const protocol = options.protocol || defaultAgent.protocol;
  if (options.path && INVALID_PATH.test(String(options.path))) throw new codes.ERR_UNESCAPED_CHARACTERS('Request path');
  if (protocol !== (agent.protocol ?? defaultAgent.protocol)) throw new codes.ERR_INVALID_PROTOCOL(protocol, agent.protocol);
  const defaultPort = options.defaultPort || agent.defaultPort;
  const port = options.port || defaultPort || 80;
  const host = validateHost(options.hostname, 'hostname') || validateHost(options.host, 'host') || 'localhost';
  const setsHost = options.setHost !== undefined ? Boolean(options.setHost) : options.setDefaultHeaders !== false;
  if (options.setDefaultHeaders === false) this._removedConnection = this._removedContLen = this._removedTE = true;
  if (options.timeout !== undefined) this.timeout = checkedTimeout(options.timeout, 'timeout');
  if (options.signal) addAbortSignal(options.signal, this);
  if (options.method != null) validate.string(options.method, 'options.method');
  if (options.method && !isToken(options.method)) throw new codes.ERR_INVALID_HTTP_TOKEN('Method', options.method);
  this.method = (options.method || 'GET').toUpperCase();
  this.joinDuplicateHeaders = options.joinDuplicateHeaders;
  this[kPath] = options.path || '/';
  if (callback) this.once('response', callback);
  this.useChunkedEncodingByDefault = !['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'].includes(this.method);
  this._ended = false;
  this.res = null;
  this.aborted = false;
  this.reusedSocket = false;
  this.maxHeadersCount = null;
  this.host = host;
  this.protocol = protocol;
  this.shouldKeepAlive = agent.keepAlive || Number.isFinite(agent.maxSockets);
  this._last = !this.shouldKeepAlive;
  storeOptionHeaders(this, options, host, port, defaultPort, setsHost);
  const rest = { __proto__: null, ...options, host, port };
  delete rest.signal;
  agent.addRequest(this, rest);
  publish(requestCreated, { request: this });
}

ClientRequest.prototype._finish = function () {
  OutgoingMessage.prototype._finish.call(this);
  publish(requestStart, { request: this });
};

function emitError(req, error) {
  publish(requestError, { request: req, error });
  req.emit('error', error);
}
Object.setPrototypeOf(ClientRequest.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ClientRequest, OutgoingMessage);

function storeOptionHeaders(req, options, host, port, defaultPort, setsHost) {
  if (Array.isArray(options.headers)) {
    req._storeHeader(`${req.method} ${req.path} HTTP/1.1\r\n`, options.headers);
    return;
  }
  for (const name of Object.keys(options.headers ?? {})) req.setHeader(name, options.headers[name]);
  if (setsHost && !req.getHeader('host')) {
    const isBare = host.includes(':') && host.indexOf(':') !== host.lastIndexOf(':') && !host.startsWith('[');
    const name = isBare ? `[${host}]` : host;
    req.setHeader('Host', port && +port !== defaultPort ? `${name}:${port}` : name);
  }
  if (options.auth && !req.getHeader('Authorization')) {
    req.setHeader('Authorization', `Basic ${Buffer.from(options.auth).toString('base64')}`);
  }
  if (req.getHeader('expect')) req._storeHeader(`${req.method} ${req.path} HTTP/1.1\r\n`, req[kHeaders]);
}

Object.defineProperty(ClientRequest.prototype, 'path', {
  configurable: true,
  enumerable: true,
  get() {
    return this[kPath];
  },
  set(value) {
    if (INVALID_PATH.test(String(value))) throw new codes.ERR_UNESCAPED_CHARACTERS('Request path');
    this[kPath] = String(value);
  },
});

ClientRequest.prototype._implicitHeader = function () {
  if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('render');
  this._storeHeader(`${this.method} ${this.path} HTTP/1.1\r\n`, this[kHeaders]);
};

// ---- The connection ----------------------------------------------------------------------------------------------------

ClientRequest.prototype.onSocket = function onSocket(socket, error) {
  if (socket && !error) {
    socket._httpMessage = this;
    this._onError = (failed) => socketFailed(this, socket, failed);
    socket.on('error', this._onError);
  }
  nextTick(begin, this, socket, error);
};

function begin(req, socket, error) {
  if (!req.destroyed && !error) {
    attach(req, socket);
    return;
  }
  req.destroyed = true;
  const end = (failed) => {
    const told = failed ?? (req.aborted ? undefined : connectionReset('socket hang up'));
    if (told && !socket?._hadError) emitError(req, told);
    req._closed = true;
    req.emit('close');
  };
  if (socket && !error && !socket.destroyed) {
    socket.emit('free');
    socket.removeListener('error', req._onError);
  } else if (socket && !socket.closed) {
    socket.once('close', () => end(error ?? req[kError]));
    socket.destroy(error ?? req[kError]);
    return;
  }
  end(error ?? req[kError]);
}

function attach(req, socket) {
  req.socket = socket;
  const resource = new HTTPClientAsyncResource('HTTPINCOMINGMESSAGE', req);
  req._number = internal.loop.openRequest(resource, 'HTTPCLIENTREQUEST', (event, ...args) => EVENTS[event](req, ...args));
  req._onClose = () => socketClosed(req, socket);
  req._onTimeout = () => (req.res ? req.res.emit('timeout') : undefined);
  socket.on('close', req._onClose);
  socket.on('timeout', req._onTimeout);
  if (req.timeout !== undefined || req.agent?.options?.timeout) tellsTimeout(req);
  req.emit('socket', socket);
  if (req.finished) req._finish();
  if (socket._connection !== undefined) req._connected(socket, false);
}

function detach(req, socket) {
  socket.removeListener('error', req._onError);
  socket.removeListener('close', req._onClose);
  socket.removeListener('timeout', req._onTimeout);
  if (req._tellTimeout) socket.removeListener('timeout', req._tellTimeout);
  closeNumber(req);
}

function closeNumber(req) {
  if (req._number !== undefined) internal.loop.closeRequest(req._number);
  req._number = undefined;
}

// What was written before there was a connection goes out.
ClientRequest.prototype._connected = function (socket, isLate = true) {
  if (this._exchange !== undefined || this._number === undefined || this.destroyed) return;
  this._exchange = new Sink(this, socket);
  this._flush(isLate);
};

// How a request reaches the host.
class Sink {
  constructor(req, socket) {
    this.req = req;
    this.connection = socket._connection;
    this.exchange = undefined;
  }

  head(text, bytes, isLast, isAwaited) {
    this.exchange = internal.http.request(this.connection, this.req._number, text, bytes, isLast, isAwaited);
  }

  chunk(bytes, isLast, isAwaited, trailer) {
    internal.http.write(this.exchange, bytes, isLast, isAwaited, trailer || undefined);
  }
}

// ---- The answer --------------------------------------------------------------------------------------------------------

const EVENTS = {
  sent: (req) => req._sent(),
  information(req, statusCode, statusMessage, rawHeaders) {
    if (statusCode === 100) req.emit('continue');
    const told = new IncomingMessage();
    told.rawHeaders = rawHeaders === '' ? [] : rawHeaders.split('\0');
    req.emit('information', {
      statusCode, statusMessage, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1, headers: told.headers, rawHeaders: told.rawHeaders,
    });
  },
  response,
  body(req, exchange, chunk, trailers) {
    req.socket?._touch();
    req.res?._receive(chunk, trailers);
  },
  // There is no answer, or not all of it.
  failed(req, message) {
    const { socket } = req;
    if (!socket || socket.destroyed) return;
    if (message != null && !req.res) {
      const error = Object.assign(new Error(`Parse Error: ${message}`), { code: 'HPE_INVALID_CONSTANT' });
      socket.destroy(error);
    } else {
      socket.destroy();
    }
  },
};

function response(req, exchange, head, rawHeaders) {
  const { socket } = req;
  socket._touch();
  const res = new IncomingMessage(socket);
  [res.statusCode, res.statusMessage, res.httpVersionMajor, res.httpVersionMinor] = head;
  res.httpVersion = `${res.httpVersionMajor}.${res.httpVersionMinor}`;
  res.rawHeaders = rawHeaders === '' ? [] : rawHeaders.split('\0');
  res.joinDuplicateHeaders = req.joinDuplicateHeaders;
  res.upgrade = false;
  res._exchange = exchange;
  if (!keepsAlive(req, res)) req.shouldKeepAlive = false;
  publish(responseFinish, { request: req, response: res });
  req.res = res;
  res.req = req;
  res.on('end', () => responseEnded(req, res));
  req.on('finish', () => {
    if (req.shouldKeepAlive && req._ended && !req.destroyed) release(req);
  });
  if (req.aborted || !req.emit('response', res)) res._dump();
}

function keepsAlive(req, res) {
  const { connection = '', 'content-length': length, 'transfer-encoding': encoding = '' } = res.headers;
  if (/(?:^|\W)close(?:$|\W)/i.test(connection)) return false;
  if (res.httpVersion === '1.0' && !/(?:^|\W)keep-alive(?:$|\W)/i.test(connection)) return false;
  const hasBody = req.method !== 'HEAD' && res.statusCode !== 204 && res.statusCode !== 304;
  // A body of no known length ends with the connection.
  return !hasBody || length !== undefined || /chunked/i.test(encoding);
}

function responseEnded(req, res) {
  req._ended = true;
  if (!req.shouldKeepAlive) {
    req.socket?.destroy();
  } else if (req.writableFinished && !res.aborted) {
    release(req);
  }
}

// The connection is free for another.
function release(req) {
  const { socket } = req;
  if (req._tellTimeout) {
    socket.setTimeout(0);
    socket.removeListener('timeout', req._tellTimeout);
  }
  detach(req, socket);
  ah.defaultTriggerAsyncIdScope(socket[async_id_symbol], nextTick, () => {
    req._closed = true;
    req.emit('close');
    socket.emit('free');
  });
  req.destroyed = true;
  if (req.res) req.res.socket = null;
}

function socketFailed(req, socket, error) {
  socket._hadError = true;
  emitError(req, error);
}

function socketClosed(req, socket) {
  const { res } = req;
  closeNumber(req);
  req.destroyed = true;
  if (res) {
    if (!res.complete) res.destroy(connectionReset('aborted'));
    req._closed = true;
    req.emit('close');
    if (!res.aborted && res.readable) res.push(null);
  } else {
    if (!socket._hadError) {
      socket._hadError = true;
      emitError(req, connectionReset('socket hang up'));
    }
    req._closed = true;
    req.emit('close');
  }
  req._fail();
}

// ---- Ending it -----------------------------------------------------------------------------------------------------------

ClientRequest.prototype.abort = function abort() {
  if (this.aborted) return;
  this.aborted = true;
  nextTick(() => this.emit('abort'));
  this.destroy();
};

ClientRequest.prototype.destroy = function destroy(error) {
  if (this.destroyed) return this;
  this.destroyed = true;
  this.res?._dump();
  if (this.writableFinished && this.res?.complete) return this;
  this[kError] = error;
  this.socket?.destroy(error);
  return this;
};

function tellsTimeout(req) {
  if (req._tellTimeout) return;
  req._tellTimeout = () => req.emit('timeout');
  if (req.socket) req.socket.on('timeout', req._tellTimeout);
  else req.on('socket', (socket) => socket.on('timeout', req._tellTimeout));
}

ClientRequest.prototype.setTimeout = function setTimeout(msecs, callback) {
  if (this._ended) return this;
  tellsTimeout(this);
  msecs = checkedTimeout(msecs, 'msecs');
  if (callback) this.once('timeout', callback);
  const set = (socket) => {
    // What it takes to connect is not counted.
    if (socket.connecting) socket.once('connect', () => socket.setTimeout(msecs));
    else socket.setTimeout(msecs);
  };
  if (this.socket) set(this.socket);
  else this.once('socket', set);
  return this;
};

ClientRequest.prototype.setNoDelay = function setNoDelay() {};
ClientRequest.prototype.setSocketKeepAlive = function setSocketKeepAlive() {};
ClientRequest.prototype.clearTimeout = function clearTimeout(callback) {
  this.setTimeout(0, callback);
};

module.exports = { ClientRequest };
