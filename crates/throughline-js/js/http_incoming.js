// `IncomingMessage`: a request that a server got, or the answer that a client got.
//
// Required as `internal/http_incoming`. Needs of `internal`: `http`, `nextTick`.
'use strict';

const { Buffer } = require('node:buffer');
const { Readable } = require('internal/stream_readable');

const { nextTick } = internal;

const kHeaders = Symbol('kHeaders');
const kDistinct = Symbol('kHeadersDistinct');
const kTrailers = Symbol('kTrailers');
const kTrailersDistinct = Symbol('kTrailersDistinct');
const kAbort = Symbol('kAbortController');

// Of these the first counts; of the others all do.
const SINGLE = new Set(`age host from etag server referer expires location user-agent retry-after content-type max-forwards authorization
  last-modified content-length if-modified-since proxy-authorization if-unmodified-since`.split(/\s+/));

function IncomingMessage(socket) {
  Readable.call(this, socket ? { highWaterMark: socket.readableHighWaterMark } : undefined);
  this._readableState.readingMore = true;
  this.socket = socket;
  this.httpVersionMajor = null;
  this.httpVersionMinor = null;
  this.httpVersion = null;
  this.complete = false;
  this[kHeaders] = null;
  this[kDistinct] = null;
  this.rawHeaders = [];
  this[kTrailers] = null;
  this[kTrailersDistinct] = null;
  this.rawTrailers = [];
  this.joinDuplicateHeaders = false;
  this.aborted = false;
  this.upgrade = null;
  // A server's.
  this.url = '';
  this.method = null;
  // A client's.
  this.statusCode = null;
  this.statusMessage = null;
  this.client = socket;
  this._consuming = false;
  this._dumped = false;
  // Where its body comes from, and whether more of it is asked for.
  this._exchange = undefined;
  this._isAsking = false;
}
Object.setPrototypeOf(IncomingMessage.prototype, Readable.prototype);
Object.setPrototypeOf(IncomingMessage, Readable);

function collect(message, raw) {
  const headers = {};
  for (let i = 0; i < raw.length; i += 2) message._addHeaderLine(raw[i], raw[i + 1], headers);
  return headers;
}

function collectDistinct(raw) {
  const headers = { __proto__: null };
  for (let i = 0; i < raw.length; i += 2) (headers[raw[i].toLowerCase()] ??= []).push(raw[i + 1]);
  return headers;
}

function lazily(name, key, make) {
  Object.defineProperty(IncomingMessage.prototype, name, {
    configurable: true,
    get() {
      return (this[key] ??= make(this));
    },
    set(value) {
      this[key] = value;
    },
  });
}
lazily('headers', kHeaders, (message) => collect(message, message.rawHeaders));
lazily('headersDistinct', kDistinct, (message) => collectDistinct(message.rawHeaders));
lazily('trailers', kTrailers, (message) => collect(message, message.rawTrailers));
lazily('trailersDistinct', kTrailersDistinct, (message) => collectDistinct(message.rawTrailers));

IncomingMessage.prototype._addHeaderLine = function (field, value, headers) {
  const name = field.toLowerCase();
  const known = headers[name];
  if (name === 'set-cookie') {
    if (known === undefined) headers[name] = [value];
    else known.push(value);
  } else if (known === undefined) {
    headers[name] = value;
  } else if (name === 'cookie') {
    headers[name] += `; ${value}`;
  } else if (!SINGLE.has(name) || this.joinDuplicateHeaders) {
    headers[name] += `, ${value}`;
  }
};

Object.defineProperty(IncomingMessage.prototype, 'connection', {
  get() {
    return this.socket;
  },
  set(value) {
    this.socket = value;
  },
});

// Aborted when the message is.
Object.defineProperty(IncomingMessage.prototype, 'signal', {
  configurable: true,
  get() {
    if (this[kAbort] === undefined) {
      this[kAbort] = new AbortController();
      if (this.aborted) this[kAbort].abort();
    }
    return this[kAbort].signal;
  },
});

IncomingMessage.prototype.setTimeout = function setTimeout(msecs, callback) {
  if (callback) this.on('timeout', callback);
  this.socket.setTimeout(msecs);
  return this;
};

IncomingMessage.prototype._read = function () {
  if (!this._consuming) {
    this._readableState.readingMore = false;
    this._consuming = true;
  }
  this._ask();
};

// Asks the host for more of the body.
IncomingMessage.prototype._ask = function () {
  if (this._exchange === undefined || this.complete || this._isAsking || this.destroyed) return;
  this._isAsking = true;
  internal.http.read(this._exchange);
};

// What came of the body: a chunk, or its end with the trailers. It is read on as long as it is welcome, as from a socket.
IncomingMessage.prototype._receive = function (chunk, trailers) {
  this._isAsking = false;
  if (chunk === undefined) {
    this.complete = true;
    if (trailers) this.rawTrailers = trailers.split('\0');
    this.push(null);
  } else if (this._dumped || this.push(Buffer.from(chunk))) {
    this._ask();
  }
};

IncomingMessage.prototype._destroy = function (error, callback) {
  if (!this.readableEnded || !this.complete) {
    this.aborted = true;
    this.emit('aborted');
    this[kAbort]?.abort();
  }
  if (this.socket && !this.socket.destroyed && this.aborted) {
    const { socket } = this;
    socket.destroy(error);
    nextTick(() => nextTick(destroyed, this, socket.errored ?? error, callback));
  } else if (error == null && !this.aborted) {
    callback();
  } else {
    nextTick(destroyed, this, error, callback);
  }
};

// The error is only for who listens.
function destroyed(message, error, callback) {
  if (message.listenerCount('error') === 0) callback();
  else callback(error);
}

// Nobody wants the body.
IncomingMessage.prototype._dump = function () {
  if (this._dumped) return;
  this._dumped = true;
  this.removeAllListeners('data');
  if (this.complete && !this.destroyed && this.readableLength === 0) this.read(0);
  else this.resume();
};

module.exports = { IncomingMessage };
