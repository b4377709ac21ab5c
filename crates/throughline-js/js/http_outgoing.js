// `OutgoingMessage`: a request that a client sends, or the answer of a server. Headers are collected until the first of the body, or its end, is known.
//
// It sends through an *exchange* of the host: one request and its answer. `_exchange` has `head(text, chunk, isLast)` and `chunk(bytes, isLast, isAwaited)`.
//
// Required as `internal/http_outgoing`. Needs of `internal`: `nextTick`.
'use strict';

const { Buffer } = require('node:buffer');
const { codes } = require('internal/errors');
const { Stream, getDefaultHighWaterMark, define } = require('internal/stream_base');
const { hasInvalidCharacter, utcDate, validateHeaderName, validateHeaderValue } = require('internal/http_common');

const { nextTick } = internal;
const nothing = () => {};

const kHeaders = Symbol('kOutHeaders');
const kErrored = Symbol('errored');
const kFinished = Symbol('kWritableFinished');
const kEndCallbacks = Symbol('kEndCallbacks');
const kFlushError = Symbol('kFlushError');
const kHighWaterMark = Symbol('kHighWaterMark');
const kNeedDrain = Symbol('kNeedDrain');
const kSocket = Symbol('kSocket');
const kAwaited = Symbol('kAwaited');
const kQueue = Symbol('kQueue');
const kCorked = Symbol('corked');
const kBytesWritten = Symbol('kBytesWritten');
const kRejectBody = Symbol('kRejectNonStandardBodyWrites');

function OutgoingMessage(options) {
  Stream.call(this);
  this.writable = true;
  this.destroyed = false;
  // The connection ends with this message.
  this._last = false;
  this.chunkedEncoding = false;
  this.shouldKeepAlive = true;
  this.maxRequestsOnConnectionReached = false;
  this._defaultKeepAlive = true;
  this.useChunkedEncodingByDefault = true;
  this.sendDate = false;
  this._removedConnection = false;
  this._removedContLen = false;
  this._removedTE = false;
  this.strictContentLength = false;
  this._contentLength = null;
  this._hasBody = true;
  this._trailer = '';
  this.finished = false;
  this._headerSent = false;
  this._closed = false;
  this._header = null;
  this._keepAliveTimeout = 0;
  this.outputData = [];
  // Bytes that the host has and has not sent.
  this._pendingBytes = 0;
  this._exchange = undefined;
  this[kQueue] = [];
  this[kCorked] = false;
  // What waits for bytes to be sent: how many of them, and what is called then.
  this[kAwaited] = [];
  this[kSocket] = null;
  this[kHeaders] = null;
  this[kBytesWritten] = 0;
  this[kNeedDrain] = false;
  this[kErrored] = null;
  this[kFinished] = false;
  this[kEndCallbacks] = null;
  this[kFlushError] = null;
  this[kHighWaterMark] = options?.highWaterMark ?? getDefaultHighWaterMark(false);
  this[kRejectBody] = options?.rejectNonStandardBodyWrites ?? false;
}
Object.setPrototypeOf(OutgoingMessage.prototype, Stream.prototype);
Object.setPrototypeOf(OutgoingMessage, Stream);

// ---- Headers ---------------------------------------------------------------------------------------------------------

function checkUnsent(message, what) {
  if (message._header) throw new codes.ERR_HTTP_HEADERS_SENT(what);
}

OutgoingMessage.prototype.setHeader = function setHeader(name, value) {
  checkUnsent(this, 'set');
  validateHeaderName(name);
  if (value === undefined) throw new codes.ERR_HTTP_INVALID_HEADER_VALUE(value, name);
  if (hasInvalidCharacter(value)) throw new codes.ERR_INVALID_CHAR('header content', name);
  this[kHeaders] ??= { __proto__: null };
  this[kHeaders][name.toLowerCase()] = [name, value];
  return this;
};

OutgoingMessage.prototype.setHeaders = function setHeaders(headers) {
  checkUnsent(this, 'set');
  if (!headers || Array.isArray(headers) || typeof headers.keys !== 'function' || typeof headers.get !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('headers', ['Headers', 'Map'], headers);
  }
  const cookies = [];
  for (const [name, value] of headers) {
    if (name === 'set-cookie') cookies.push(...[].concat(value));
    else this.setHeader(name, value);
  }
  if (cookies.length > 0) this.setHeader('set-cookie', cookies);
  return this;
};

OutgoingMessage.prototype.appendHeader = function appendHeader(name, value) {
  checkUnsent(this, 'append');
  validateHeaderName(name);
  validateHeaderValue(name, value);
  const known = this[kHeaders]?.[name.toLowerCase()];
  if (known === undefined) return this.setHeader(name, value);
  known[1] = [].concat(known[1], value);
  return this;
};

OutgoingMessage.prototype.getHeader = function getHeader(name) {
  if (typeof name !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('name', ['string'], name);
  return this[kHeaders]?.[name.toLowerCase()]?.[1];
};

OutgoingMessage.prototype.getHeaderNames = function getHeaderNames() {
  return Object.keys(this[kHeaders] ?? {});
};

OutgoingMessage.prototype.getRawHeaderNames = function getRawHeaderNames() {
  return Object.values(this[kHeaders] ?? {}).map(([name]) => name);
};

OutgoingMessage.prototype.getHeaders = function getHeaders() {
  const headers = { __proto__: null };
  for (const [name, [, value]] of Object.entries(this[kHeaders] ?? {})) headers[name] = value;
  return headers;
};

OutgoingMessage.prototype.hasHeader = function hasHeader(name) {
  if (typeof name !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('name', ['string'], name);
  return this[kHeaders]?.[name.toLowerCase()] !== undefined;
};

OutgoingMessage.prototype.removeHeader = function removeHeader(name) {
  if (typeof name !== 'string') throw new codes.ERR_INVALID_ARG_TYPE('name', ['string'], name);
  checkUnsent(this, 'remove');
  const lower = name.toLowerCase();
  if (lower === 'connection') this._removedConnection = true;
  else if (lower === 'content-length') this._removedContLen = true;
  else if (lower === 'transfer-encoding') this._removedTE = true;
  else if (lower === 'date') this.sendDate = false;
  if (this[kHeaders] !== null) delete this[kHeaders][lower];
};

OutgoingMessage.prototype._renderHeaders = function () {
  checkUnsent(this, 'render');
  return Object.fromEntries(Object.values(this[kHeaders] ?? {}));
};

OutgoingMessage.prototype._implicitHeader = function () {
  throw new codes.ERR_METHOD_NOT_IMPLEMENTED('_implicitHeader()');
};

// What the headers of a message say that matters for its framing.
class Head {
  constructor(message, firstLine) {
    this.message = message;
    this.text = firstLine;
    this.connection = this.contentLength = this.transferEncoding = this.date = this.expect = this.trailer = false;
  }

  add(name, value, isChecked) {
    if (!isChecked) validateHeaderName(name);
    if (Array.isArray(value) && !(value.length > 1 && name.toLowerCase() === 'cookie')) {
      for (const one of value) this.store(name, one, isChecked);
    } else {
      this.store(name, Array.isArray(value) ? value.join('; ') : value, isChecked);
    }
  }

  store(name, value, isChecked) {
    if (!isChecked) validateHeaderValue(name, value);
    this.text += `${name}: ${value}\r\n`;
    this.notice(name.toLowerCase(), value);
  }

  notice(name, value) {
    const { message } = this;
    switch (name) {
      case 'connection':
        this.connection = true;
        message._removedConnection = false;
        if (/(?:^|\W)close(?:$|\W)/i.test(value)) message._last = true;
        else message.shouldKeepAlive = true;
        break;
      case 'transfer-encoding':
        this.transferEncoding = true;
        message._removedTE = false;
        if (/(?:^|\W)chunked(?:$|\W)/i.test(value)) message.chunkedEncoding = true;
        break;
      case 'content-length':
        this.contentLength = true;
        message._contentLength = +value;
        message._removedContLen = false;
        break;
      case 'date':
      case 'expect':
      case 'trailer':
        this[name] = true;
        break;
      case 'keep-alive':
        message._defaultKeepAlive = false;
        break;
    }
  }
}

OutgoingMessage.prototype._storeHeader = function (firstLine, headers) {
  const head = new Head(this, firstLine);
  if (headers && headers === this[kHeaders]) {
    for (const [name, value] of Object.values(headers)) head.add(name, value, true);
  } else if (Array.isArray(headers) && Array.isArray(headers[0])) {
    for (const [name, value] of headers) head.add(name, value, false);
  } else if (Array.isArray(headers)) {
    if (headers.length % 2 !== 0) throw new codes.ERR_INVALID_ARG_VALUE('headers', headers);
    for (let i = 0; i < headers.length; i += 2) head.add(headers[i], headers[i + 1], false);
  } else if (headers) {
    for (const [name, value] of Object.entries(headers)) head.add(name, value, false);
  }
  if (this.sendDate && !head.date) head.text += `Date: ${utcDate()}\r\n`;
  // Neither has a body; who asks for chunks all the same may not be able to tell where the next message begins.
  if (this.chunkedEncoding && (this.statusCode === 204 || this.statusCode === 304)) {
    this.chunkedEncoding = false;
    this.shouldKeepAlive = false;
  }
  this._storeConnection(head);
  this._storeFraming(head);
  if (!this.chunkedEncoding && head.trailer) throw new codes.ERR_HTTP_TRAILER_INVALID();
  this._header = `${head.text}\r\n`;
  this._headerSent = false;
  // Whoever expects an answer before the body must be asked now.
  if (head.expect) this._sendHead(undefined, false);
};

OutgoingMessage.prototype._storeConnection = function (head) {
  if (this._removedConnection) {
    this._last = !this.shouldKeepAlive;
  } else if (!head.connection) {
    const keeps = this.shouldKeepAlive && (head.contentLength || this.useChunkedEncodingByDefault || this.agent);
    if (!keeps) this._last = true;
    if (!keeps || this.maxRequestsOnConnectionReached) {
      head.text += 'Connection: close\r\n';
    } else {
      head.text += 'Connection: keep-alive\r\n';
      if (this._keepAliveTimeout && this._defaultKeepAlive) {
        const max = this._maxRequestsPerSocket > 0 ? `, max=${this._maxRequestsPerSocket}` : '';
        head.text += `Keep-Alive: timeout=${Math.floor(this._keepAliveTimeout / 1000)}${max}\r\n`;
      }
    }
  }
};

OutgoingMessage.prototype._storeFraming = function (head) {
  if (head.contentLength || head.transferEncoding) return;
  if (!this._hasBody) {
    this.chunkedEncoding = false;
  } else if (!this.useChunkedEncodingByDefault) {
    this._last = true;
  } else if (!head.trailer && !this._removedContLen && typeof this._contentLength === 'number') {
    head.text += `Content-Length: ${this._contentLength}\r\n`;
  } else if (!this._removedTE) {
    head.text += 'Transfer-Encoding: chunked\r\n';
    this.chunkedEncoding = true;
  } else {
    // Its end is the end of the connection.
    this._last = true;
  }
};

OutgoingMessage.prototype.flushHeaders = function flushHeaders() {
  if (!this._header) this._implicitHeader();
  if (!this._headerSent) this._sendHead(undefined, false);
};

OutgoingMessage.prototype.addTrailers = function addTrailers(headers) {
  this._trailer = '';
  for (const [name, value] of Array.isArray(headers) ? headers : Object.entries(headers)) {
    validateHeaderName(name, 'Trailer name');
    for (const one of [].concat(value)) {
      if (hasInvalidCharacter(one)) throw new codes.ERR_INVALID_CHAR('trailer content', name);
      this._trailer += `${name}: ${one}\r\n`;
    }
  }
};

// ---- The body ----------------------------------------------------------------------------------------------------------

OutgoingMessage.prototype.write = function write(chunk, encoding, callback) {
  if (typeof encoding === 'function') [encoding, callback] = [null, encoding];
  const isMoreWelcome = writeChunk(this, chunk, encoding, callback, false);
  if (!isMoreWelcome) this[kNeedDrain] = true;
  return isMoreWelcome;
};

function bytesOf(chunk, encoding) {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding === 'buffer' ? undefined : (encoding ?? undefined)) : chunk;
}

function writeChunk(message, chunk, encoding, callback, isLast) {
  if (typeof callback !== 'function') callback = nothing;
  if (chunk === null) throw new codes.ERR_STREAM_NULL_VALUES();
  if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) {
    throw new codes.ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
  }
  if (message.finished) {
    refuse(message, new codes.ERR_STREAM_WRITE_AFTER_END(), callback);
    return false;
  }
  if (message.destroyed) {
    nextTick(callback, new codes.ERR_STREAM_DESTROYED('write'));
    return false;
  }
  const bytes = bytesOf(chunk, encoding);
  checkLength(message, bytes.byteLength, isLast);
  if (!message._header) {
    if (isLast) message._contentLength = bytes.byteLength;
    message._implicitHeader();
  }
  if (!message._hasBody) {
    if (message[kRejectBody]) throw new codes.ERR_HTTP_BODY_NOT_ALLOWED();
    nextTick(callback);
    if (isLast) send(message, undefined, true, nothing);
    return true;
  }
  return send(message, bytes, isLast, callback);
}

function checkLength(message, length, isLast) {
  if (!message.strictContentLength) return;
  const written = message[kBytesWritten] + length;
  const isCounted = message._contentLength !== null && message._hasBody && !message._removedContLen && !message.chunkedEncoding && !message.hasHeader('transfer-encoding');
  if (isCounted && (isLast ? written !== message._contentLength : written > message._contentLength)) {
    throw new codes.ERR_HTTP_CONTENT_LENGTH_MISMATCH(written, message._contentLength);
  }
  message[kBytesWritten] = written;
}

function refuse(message, error, callback) {
  if (message.destroyed) return;
  nextTick(() => {
    callback(error);
    if (!message.destroyed) message.emit('error', error);
  });
}

// Sends bytes, or only the end; `callback` is called when they are out. Answers whether more is welcome.
//
// What is written in one go is sent as one, at the next tick or with the end.
function send(message, bytes, isLast, callback) {
  message[kQueue].push({ bytes, isLast, callback });
  message._pendingBytes += bytes?.byteLength ?? 0;
  const isMoreWelcome = message._pendingBytes < message[kHighWaterMark];
  if (isLast) {
    message._flush();
  } else if (!message[kCorked] && message[kSocket]) {
    message[kCorked] = true;
    nextTick(() => {
      message[kCorked] = false;
      message._flush();
    });
  }
  return isMoreWelcome;
}

OutgoingMessage.prototype._sendHead = function () {
  this[kQueue].push({ bytes: undefined, isLast: false, callback: nothing });
  this._flush();
};

// Gives the host what waits. What waited for a connection (`isLate`) is told of at once, as it was long asked for.
OutgoingMessage.prototype._flush = function (isLate = false) {
  const queue = this[kQueue];
  if (this._exchange === undefined || queue.length === 0) return;
  this[kQueue] = [];
  const parts = queue.map(({ bytes }) => bytes).filter((bytes) => bytes !== undefined);
  const bytes = parts.length > 1 ? Buffer.concat(parts) : parts[0];
  const { isLast } = queue[queue.length - 1];
  // As long as little is on its way, it is as good as sent: the system's own buffers take it at once.
  const isAwaited = this._pendingBytes >= this[kHighWaterMark];
  if (!this._headerSent) {
    this._headerSent = true;
    this._exchange.head(this._header, bytes, isLast && !this._trailer, isAwaited);
    if (isLast && this._trailer) this._exchange.chunk(undefined, true, false, this._trailer);
  } else if (bytes !== undefined || isLast) {
    this._exchange.chunk(bytes, isLast, isAwaited, this._trailer);
  }
  const count = bytes?.byteLength ?? 0;
  if (isAwaited) {
    this[kAwaited].push({ count, queue });
    return;
  }
  this._pendingBytes -= count;
  for (const { callback } of queue) {
    if (callback === nothing) continue;
    if (isLate) callback(null);
    else nextTick(callback, null);
  }
};

// The host has sent the next of what it was asked to tell of.
OutgoingMessage.prototype._sent = function () {
  const first = this[kAwaited].shift();
  if (first === undefined) return;
  this._pendingBytes -= first.count;
  this.socket?._touch();
  for (const { callback } of first.queue) callback(null);
  if (this[kNeedDrain] && this._pendingBytes < this[kHighWaterMark] && !this.finished) {
    this[kNeedDrain] = false;
    this.emit('drain');
  }
};

OutgoingMessage.prototype.end = function end(chunk, encoding, callback) {
  if (typeof chunk === 'function') [chunk, encoding, callback] = [null, null, chunk];
  else if (typeof encoding === 'function') [encoding, callback] = [null, encoding];

  if (chunk) {
    if (this.finished) {
      refuse(this, new codes.ERR_STREAM_WRITE_AFTER_END(), typeof callback === 'function' ? callback : nothing);
      return this;
    }
    if (typeof callback === 'function') awaitEnd(this, callback);
    writeChunk(this, chunk, encoding, (error) => onFinish(this, error), true);
  } else if (this.finished) {
    if (typeof callback === 'function') awaitEnd(this, callback);
    return this;
  } else {
    checkLength(this, 0, true);
    if (!this._header) {
      this._contentLength = 0;
      this._implicitHeader();
    }
    if (typeof callback === 'function') awaitEnd(this, callback);
    send(this, undefined, true, (error) => onFinish(this, error));
  }
  this.finished = true;
  if (this[kSocket]) this._finish();
  return this;
};

OutgoingMessage.prototype._finish = function () {
  this.emit('prefinish');
};

function awaitEnd(message, callback) {
  if (message[kFinished]) {
    callback(new codes.ERR_STREAM_ALREADY_FINISHED('end'));
  } else if (message[kFlushError] !== null) {
    nextTick(callback, message[kFlushError]);
  } else {
    message[kEndCallbacks] ??= [];
    message[kEndCallbacks].push(callback);
  }
}

function onFinish(message, error) {
  const failed = error || message[kErrored] || message[kSocket]?.errored;
  if (failed || message[kSocket]?._hadError) {
    message[kFlushError] = failed || new codes.ERR_STREAM_DESTROYED('end');
    callEnds(message, message[kFlushError]);
    return;
  }
  message[kFinished] = true;
  callEnds(message, null);
  message.emit('finish');
}

function callEnds(message, error) {
  const callbacks = message[kEndCallbacks] ?? [];
  message[kEndCallbacks] = null;
  for (const callback of callbacks) callback(error);
}

// Nothing more of it will be sent.
OutgoingMessage.prototype._fail = function (error) {
  const waiting = [...this[kAwaited].flatMap(({ queue }) => queue), ...this[kQueue]];
  this[kAwaited] = [];
  this[kQueue] = [];
  this._pendingBytes = 0;
  for (const { callback } of waiting) if (callback !== nothing) nextTick(callback, error ?? new codes.ERR_STREAM_DESTROYED('write'));
};

OutgoingMessage.prototype.destroy = function destroy(error) {
  if (this.destroyed) return this;
  this.destroyed = true;
  this[kErrored] = error;
  if (this[kSocket]) {
    this[kSocket].destroy(error);
  } else {
    nextTick(() => {
      if (this._closed) return;
      this._closed = true;
      this.emit('close');
    });
  }
  return this;
};

OutgoingMessage.prototype.pipe = function pipe() {
  this.emit('error', new codes.ERR_STREAM_CANNOT_PIPE());
};

// Chunks are framed by the host, which gathers what is written in one go by itself.
OutgoingMessage.prototype.cork = nothing;
OutgoingMessage.prototype.uncork = nothing;

OutgoingMessage.prototype.setTimeout = function setTimeout(msecs, callback) {
  if (callback) this.on('timeout', callback);
  if (this[kSocket]) this[kSocket].setTimeout(msecs);
  else this.once('socket', (socket) => socket.setTimeout(msecs));
  return this;
};

OutgoingMessage.prototype[Symbol.for('nodejs.rejection')] = function (error) {
  this.destroy(error);
};

define(OutgoingMessage.prototype, {
  socket: {
    get() { return this[kSocket]; },
    set(value) { this[kSocket] = value; },
  },
  connection: {
    get() { return this[kSocket]; },
    set(value) { this[kSocket] = value; },
  },
  headersSent: { get() { return !!this._header; } },
  errored: { get() { return this[kErrored]; } },
  closed: { get() { return this._closed; } },
  writableEnded: { get() { return this.finished; } },
  writableFinished: { get() { return this[kFinished]; } },
  writableObjectMode: { get() { return false; } },
  writableLength: { get() { return this._pendingBytes; } },
  writableHighWaterMark: { get() { return this[kHighWaterMark]; } },
  writableCorked: { get() { return 0; } },
  writableNeedDrain: { get() { return !this.destroyed && !this.finished && this[kNeedDrain]; } },
});

module.exports = { OutgoingMessage, kHeaders };
