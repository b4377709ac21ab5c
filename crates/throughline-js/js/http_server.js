// The server of `node:http`: hyper serves the connections, here are their requests and answers.
//
// LLRT's `llrt_http` has agents alone, and no server; hyper is what it, too, stands on.
//
// Each connection is a resource of the type HTTPINCOMINGMESSAGE, made where the connection was accepted, that is in the frame in which `listen` was called.
// Handlers run as this resource and in that frame, whatever an earlier request of the connection has entered.
//
// Required as `internal/http_server`. Needs of `internal`: `http`, `loop`, `nextTick`.
'use strict';

const EventEmitter = require('node:events');
const { channel } = require('node:diagnostics_channel');
const { codes, validate } = require('internal/errors');
const ah = require('internal/async_hooks');
const { IncomingMessage } = require('internal/http_incoming');
const { OutgoingMessage, kHeaders } = require('internal/http_outgoing');
const { STATUS_CODES, connectionReset, hasInvalidCharacter, publish, systemError } = require('internal/http_common');
const { Socket } = require('internal/http_socket');

const { nextTick } = internal;
const { async_id_symbol, trigger_async_id_symbol } = ah.symbols;
const kFrame = Symbol('kAsyncContextFrame');

const [requestStart, responseCreated, responseFinish] = ['request.start', 'response.created', 'response.finish'].map((name) => channel(`http.server.${name}`));

// ---- ServerResponse ------------------------------------------------------------------------------------------------------

function ServerResponse(req, options) {
  OutgoingMessage.call(this, options);
  if (req.method === 'HEAD') this._hasBody = false;
  this.req = req;
  this.sendDate = true;
  this._sent100 = false;
  this._expect_continue = false;
  if (req.httpVersionMajor < 1 || req.httpVersionMinor < 1) {
    this.useChunkedEncodingByDefault = /chunked/i.test(req.headers?.te ?? '');
    this.shouldKeepAlive = false;
  }
  publish(responseCreated, { request: req, response: this });
}
Object.setPrototypeOf(ServerResponse.prototype, OutgoingMessage.prototype);
Object.setPrototypeOf(ServerResponse, OutgoingMessage);

ServerResponse.prototype.statusCode = 200;
ServerResponse.prototype.statusMessage = undefined;

ServerResponse.prototype.assignSocket = function assignSocket(socket) {
  if (socket._httpMessage) throw new codes.ERR_HTTP_SOCKET_ASSIGNED();
  socket._httpMessage = this;
  this.socket = socket;
  this.emit('socket', socket);
};

ServerResponse.prototype.detachSocket = function detachSocket(socket) {
  socket._httpMessage = null;
  this.socket = null;
};

ServerResponse.prototype._implicitHeader = function () {
  this.writeHead(this.statusCode);
};

ServerResponse.prototype.writeHead = function writeHead(statusCode, reason, headers) {
  if (this._header) throw new codes.ERR_HTTP_HEADERS_SENT('write');
  const status = statusCode | 0;
  if (status < 100 || status > 999) throw new codes.ERR_HTTP_INVALID_STATUS_CODE(statusCode);
  if (typeof reason === 'string') {
    this.statusMessage = reason;
  } else {
    this.statusMessage ||= STATUS_CODES[status] || 'unknown';
    headers ??= reason;
  }
  this.statusCode = status;
  if (this[kHeaders]) {
    if (Array.isArray(headers)) {
      if (headers.length % 2 !== 0) throw new codes.ERR_INVALID_ARG_VALUE('headers', headers);
      for (let i = 0; i < headers.length; i += 2) this.removeHeader(headers[i]);
      for (let i = 0; i < headers.length; i += 2) if (headers[i]) this.appendHeader(headers[i], headers[i + 1]);
    } else if (headers) {
      for (const name of Object.keys(headers)) if (name) this.setHeader(name, headers[name]);
    }
    headers = this[kHeaders];
  }
  if (hasInvalidCharacter(this.statusMessage)) throw new codes.ERR_INVALID_CHAR('statusMessage');
  if (status === 204 || status === 304 || status < 200) this._hasBody = false;
  if (this._expect_continue && !this._sent100) this.shouldKeepAlive = false;
  this._storeHeader(`HTTP/1.1 ${status} ${this.statusMessage}\r\n`, headers);
  return this;
};
ServerResponse.prototype.writeHeader = ServerResponse.prototype.writeHead;

// hyper says `100 Continue` when the body is first asked for.
ServerResponse.prototype.writeContinue = function writeContinue(callback) {
  this._sent100 = true;
  this.req._ask();
  if (callback) nextTick(callback);
};

// Hints of what may come, which hyper has no way to send. A client does without.
ServerResponse.prototype.writeProcessing = function writeProcessing(callback) {
  if (callback) nextTick(callback);
};
ServerResponse.prototype.writeEarlyHints = function writeEarlyHints(hints, callback) {
  validate.object(hints, 'hints');
  if (callback) nextTick(callback);
};

// ---- Server ----------------------------------------------------------------------------------------------------------------

const duration = (options, name, otherwise) => {
  if (options[name] === undefined) return otherwise;
  validate.integer(options[name], name, 0);
  return options[name];
};

class TCP {}
class HTTPServerAsyncResource {
  constructor(type, socket) {
    this.type = type;
    this.socket = socket;
  }
}

function Server(options, listener) {
  if (!(this instanceof Server)) return new Server(options, listener);
  if (typeof options === 'function') [options, listener] = [{}, options];
  else if (options == null) options = {};
  else validate.object(options, 'options');
  EventEmitter.call(this);
  this.IncomingMessage = options.IncomingMessage || IncomingMessage;
  this.ServerResponse = options.ServerResponse || ServerResponse;
  this.requestTimeout = duration(options, 'requestTimeout', 300_000);
  this.headersTimeout = duration(options, 'headersTimeout', Math.min(60_000, this.requestTimeout));
  if (this.requestTimeout > 0 && this.headersTimeout > this.requestTimeout) {
    throw new codes.ERR_OUT_OF_RANGE('headersTimeout', '<= requestTimeout', options.headersTimeout);
  }
  this.keepAliveTimeout = duration(options, 'keepAliveTimeout', 5000);
  this.keepAliveTimeoutBuffer = duration(options, 'keepAliveTimeoutBuffer', 1000);
  this.maxHeaderSize = duration(options, 'maxHeaderSize', undefined);
  this.requireHostHeader = options.requireHostHeader ?? true;
  this.joinDuplicateHeaders = options.joinDuplicateHeaders ?? false;
  this.rejectNonStandardBodyWrites = options.rejectNonStandardBodyWrites ?? false;
  for (const name of ['requireHostHeader', 'joinDuplicateHeaders', 'rejectNonStandardBodyWrites']) validate.boolean(this[name], `options.${name}`);
  this.maxRequestsPerSocket = 0;
  this.maxHeadersCount = null;
  this.maxConnections = undefined;
  this.timeout = 0;
  this.listening = false;
  this._handle = null;
  this._request = undefined;
  this._unref = false;
  this._sockets = new Set();
  if (listener) this.on('request', listener);
}
Object.setPrototypeOf(Server.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Server, EventEmitter);

const isPort = (value) => typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isInteger(+value));

function checkedPort(port) {
  const number = port === undefined || port === null ? 0 : +port;
  if ((typeof port === 'string' && port.trim() === '') || !Number.isInteger(number) || number < 0 || number > 65535) {
    throw new codes.ERR_SOCKET_BAD_PORT('options.port', port);
  }
  return number;
}

// listen([port[, host[, backlog]]][, callback]), listen(options[, callback])
Server.prototype.listen = function listen(...args) {
  const callback = typeof args[args.length - 1] === 'function' ? args.pop() : undefined;
  if (this._handle) throw new codes.ERR_SERVER_ALREADY_LISTEN();
  let [port, host] = args;
  let signal;
  if (port !== null && typeof port === 'object') {
    ({ port, host, signal } = port);
    if (port === undefined) throw new codes.ERR_INVALID_ARG_VALUE('options', args[0], 'must have the property "port" or "path"');
  } else if (port !== undefined && port !== null && !isPort(port)) {
    if (typeof port === 'string') throw new codes.ERR_METHOD_NOT_IMPLEMENTED('listen(path)');
    throw new codes.ERR_INVALID_ARG_VALUE('options', args[0]);
  }
  if (typeof host !== 'string' || host === '') host = undefined;
  port = checkedPort(port);
  if (callback !== undefined) this.once('listening', callback);
  if (signal !== undefined) {
    validate.abortSignal(signal, 'options.signal');
    if (signal.aborted) nextTick(() => this.close());
    else require('node:events').addAbortListener(signal, () => this.close());
  }
  // A name is looked up first, as all that has one.
  if (host === undefined) listenAt(this, port, undefined);
  else nextTick(listenAt, this, port, host);
  return this;
};

function listenAt(server, port, host) {
  const handle = new TCP();
  const request = internal.loop.openRequest(handle, 'TCPSERVERWRAP', (...connection) => accept(server, ...connection), { ref: !server._unref });
  const answer = internal.http.listen(request, port, host, server.headersTimeout, server.maxHeaderSize ?? 16 * 1024);
  if (answer.code !== undefined) {
    internal.loop.closeRequest(request);
    const error = systemError({ ...answer, syscall: 'listen', address: host ?? '::', port: answer.code === 'ENOTFOUND' ? undefined : port });
    nextTick(() => server.emit('error', error));
    return;
  }
  server._handle = handle;
  server._request = request;
  server._listener = answer.listener;
  server._address = { address: answer.address, family: answer.address.includes(':') ? 'IPv6' : 'IPv4', port: answer.port };
  server.listening = true;
  ah.defaultTriggerAsyncIdScope(handle[async_id_symbol], nextTick, () => {
    if (server._handle !== handle) return;
    server._checks = setInterval(() => checkRequests(server), 30_000).unref();
    server.emit('listening');
  });
}

Server.prototype.address = function address() {
  return this._handle ? { ...this._address } : null;
};

Server.prototype.getConnections = function getConnections(callback) {
  nextTick(callback, null, this._sockets.size);
  return this;
};

Server.prototype.ref = function ref() {
  this._unref = false;
  if (this._handle) internal.loop.refRequest(this._request, true);
  return this;
};

Server.prototype.unref = function unref() {
  this._unref = true;
  if (this._handle) internal.loop.refRequest(this._request, false);
  return this;
};

Server.prototype.close = function close(callback) {
  this.closeIdleConnections();
  if (typeof callback === 'function') {
    if (this._handle) this.once('close', callback);
    else this.once('close', () => callback(new codes.ERR_SERVER_NOT_RUNNING()));
  }
  if (this._handle) {
    internal.http.unlisten(this._listener);
    internal.loop.closeRequest(this._request);
    clearInterval(this._checks);
    this._closedHandle = this._handle;
    this._handle = null;
    this.listening = false;
  }
  closeIfDrained(this);
  return this;
};

function closeIfDrained(server) {
  if (server._handle || server._sockets.size > 0) return;
  ah.defaultTriggerAsyncIdScope(server._closedHandle?.[async_id_symbol], nextTick, () => server.emit('close'));
}

Server.prototype[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')] = function () {
  return new Promise((resolve, reject) => this.close((error) => (error ? reject(error) : resolve())));
};

Server.prototype.closeAllConnections = function closeAllConnections() {
  for (const socket of [...this._sockets]) socket.destroy();
};

Server.prototype.closeIdleConnections = function closeIdleConnections() {
  for (const socket of [...this._sockets]) if (socket._exchanges.size === 0) socket.destroy();
};

Server.prototype.setTimeout = function setTimeout(msecs, callback) {
  this.timeout = msecs;
  if (callback) this.on('timeout', callback);
  return this;
};

Server.prototype[Symbol.for('nodejs.rejection')] = function (error, event, ...args) {
  if (event !== 'request') {
    EventEmitter.prototype[Symbol.for('nodejs.rejection')]?.call(this, error, event, ...args);
    return;
  }
  const [, res] = args;
  if (res.headersSent || res.writableEnded) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.statusCode = 500;
  res.end(STATUS_CODES[500]);
};

// ---- Connections -------------------------------------------------------------------------------------------------------------

function accept(server, connection, addresses) {
  const socket = new Socket();
  socket.server = server;
  socket._connection = connection;
  socket._exchanges = new Map();
  socket._setAddresses(addresses);
  if (server.maxConnections > 0 && server._sockets.size >= server.maxConnections) {
    const [localAddress, localPort, remoteAddress, remotePort] = addresses;
    internal.http.destroyConnection(connection);
    server.emit('drop', { localAddress, localPort, remoteAddress, remotePort });
    return;
  }
  const handle = new TCP();
  ah.initResource(handle, 'TCPWRAP', kFrame);
  socket._handle = handle;
  socket[async_id_symbol] = handle[async_id_symbol];
  const resource = new HTTPServerAsyncResource('HTTPINCOMINGMESSAGE', socket);
  const onEvent = (event, ...args) => EVENTS[event](server, socket, ...args);
  ah.defaultTriggerAsyncIdScope(handle[async_id_symbol], () => {
    socket._request = internal.loop.openRequest(resource, 'HTTPINCOMINGMESSAGE', onEvent);
  });
  socket.on('close', () => ah.emitDestroy(handle[async_id_symbol], handle[trigger_async_id_symbol], ah.typeNumber('TCPWRAP')));
  server._sockets.add(socket);
  socket._onDestroy = () => {
    server._sockets.delete(socket);
    closeIfDrained(server);
  };
  socket.on('close', () => closed(socket));
  socket.on('error', (error) => server.emit('clientError', error, socket));
  socket.on('timeout', () => timedOut(server, socket));
  if (server.timeout) socket.setTimeout(server.timeout);
  server.emit('connection', socket);
  internal.http.serve(connection, socket._request);
}

const EVENTS = {
  request,
  body(server, socket, exchange, chunk, trailers) {
    const entry = socket._exchanges.get(exchange);
    if (entry === undefined) return;
    socket._touch();
    entry.req._receive(chunk, trailers);
    if (entry.req.complete && entry.isAnswered) settle(server, socket, exchange);
  },
  sent(server, socket, exchange) {
    socket._exchanges.get(exchange)?.res._sent();
  },
  // The connection is over: what it failed with, if it did so by what the other side sent.
  end(server, socket, reason) {
    internal.binding.setFrame(undefined);
    if (reason == null) socket._ended();
    else socket._ended(Object.assign(new Error('Parse Error'), { code: 'HPE_INVALID_CONSTANT', reason }));
  },
  // Whose doing it was is not known any more.
  closed(server, socket) {
    internal.binding.setFrame(undefined);
    socket._emitClose();
  },
};

// The head of a request.
function request(server, socket, exchange, head, rawHeaders) {
  socket._touch();
  if (socket._isIdleTimed) {
    socket._isIdleTimed = false;
    socket.setTimeout(server.timeout || 0);
  }
  const req = new server.IncomingMessage(socket);
  [req.method, req.url, req.httpVersionMajor, req.httpVersionMinor] = head;
  req.httpVersion = `${req.httpVersionMajor}.${req.httpVersionMinor}`;
  req.rawHeaders = rawHeaders === '' ? [] : rawHeaders.split('\0');
  req.joinDuplicateHeaders = server.joinDuplicateHeaders;
  req.upgrade = false;
  req._exchange = exchange;
  const res = new server.ServerResponse(req, {
    rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites,
  });
  res._keepAliveTimeout = server.keepAliveTimeout;
  res._maxRequestsPerSocket = server.maxRequestsPerSocket;
  if (/(?:^|\W)close(?:$|\W)/i.test(req.headers.connection ?? '')) res.shouldKeepAlive = false;
  else if (req.httpVersion === '1.0') res.shouldKeepAlive = /(?:^|\W)keep-alive(?:$|\W)/i.test(req.headers.connection ?? '');
  publish(requestStart, { request: req, response: res, socket, server });
  res._exchange = new Sink(exchange);
  socket._exchanges.set(exchange, { req, res, since: Date.now(), isAnswered: false });
  res.assignSocket(socket);
  res.on('finish', () => finished(server, socket, exchange, req, res));
  dispatch(server, socket, req, res);
}

function dispatch(server, socket, req, res) {
  if (req.httpVersion === '1.1') {
    if (server.requireHostHeader && req.headers.host === undefined) {
      res.writeHead(400, ['Connection', 'close']);
      res.end();
      return;
    }
    if (server.maxRequestsPerSocket > 0) {
      socket._requests = (socket._requests ?? 0) + 1;
      res.maxRequestsOnConnectionReached = socket._requests >= server.maxRequestsPerSocket;
      if (socket._requests > server.maxRequestsPerSocket) {
        server.emit('dropRequest', req, socket);
        res.writeHead(503);
        res.end();
        return;
      }
    }
    const { expect } = req.headers;
    if (expect !== undefined && /100-continue/i.test(expect)) {
      res._expect_continue = true;
      if (server.listenerCount('checkContinue') > 0) {
        server.emit('checkContinue', req, res);
        return;
      }
      res.writeContinue();
    } else if (expect !== undefined) {
      if (server.listenerCount('checkExpectation') > 0) {
        server.emit('checkExpectation', req, res);
      } else {
        res.writeHead(417);
        res.end();
      }
      return;
    }
  }
  server.emit('request', req, res);
}

// How an answer reaches the host.
class Sink {
  constructor(exchange) {
    this.exchange = exchange;
  }

  head(text, bytes, isLast, isAwaited) {
    internal.http.respond(this.exchange, text, bytes, isLast, isAwaited);
  }

  chunk(bytes, isLast, isAwaited, trailer) {
    internal.http.write(this.exchange, bytes, isLast, isAwaited, trailer || undefined);
  }
}

function finished(server, socket, exchange, req, res) {
  publish(responseFinish, { request: req, response: res, socket, server });
  if (!req._consuming && !req._readableState.resumeScheduled) req._dump();
  res.detachSocket(socket);
  nextTick(closeResponse, res);
  if (res._last) {
    socket._exchanges.delete(exchange);
    socket.destroySoon();
  } else if (req.complete) {
    settle(server, socket, exchange);
  } else {
    // What is left of its body is still told of.
    socket._exchanges.get(exchange).isAnswered = true;
  }
}

// Asked and answered: the connection is idle until it asks again.
function settle(server, socket, exchange) {
  socket._exchanges.delete(exchange);
  if (!(server.keepAliveTimeout > 0) || socket._exchanges.size > 0 || socket.destroyed) return;
  socket.setTimeout(server.keepAliveTimeout + server.keepAliveTimeoutBuffer);
  socket._isIdleTimed = true;
}

function closeResponse(res) {
  if (res._closed) return;
  res.destroyed = true;
  res._closed = true;
  res.emit('close');
}

function closed(socket) {
  const exchanges = [...socket._exchanges.values()];
  socket._exchanges.clear();
  for (const { req } of exchanges) {
    if (!req.destroyed || !req.complete) req.destroy(connectionReset('aborted'));
  }
  for (const { res } of exchanges) {
    res._fail();
    closeResponse(res);
  }
}

function timedOut(server, socket) {
  let isHandled = false;
  if (!socket._isIdleTimed) {
    for (const { req, res } of socket._exchanges.values()) {
      if (!req.complete) isHandled = req.emit('timeout', socket) || isHandled;
      isHandled = res.emit('timeout', socket) || isHandled;
    }
  }
  isHandled = server.emit('timeout', socket) || isHandled;
  if (!isHandled) socket.destroy();
}

// Requests that take too long to arrive.
function checkRequests(server) {
  if (!(server.requestTimeout > 0)) return;
  const latest = Date.now() - server.requestTimeout;
  for (const socket of server._sockets) {
    for (const { req, since } of socket._exchanges.values()) {
      if (!req.complete && since < latest) socket.destroy(new codes.ERR_HTTP_REQUEST_TIMEOUT());
    }
  }
}

module.exports = { Server, ServerResponse };
