// `Duplex`, which is read and written; `Transform`, whose one half is made of the other; `PassThrough`.
//
// Required as `internal/stream_duplex`. Needs of `internal`: `nextTick`.
'use strict';

const { codes } = require('internal/errors');
const { define } = require('internal/stream_base');

// Before the halves are loaded, since they ask for it.
module.exports = { Duplex, Transform, PassThrough };

const { Readable, fromIterable } = require('internal/stream_readable');
const { Writable } = require('internal/stream_writable');

const { nextTick } = internal;


function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  Readable.call(this, options);
  Writable.call(this, options);
  if (options?.readable === false) {
    Object.assign(this._readableState, { readable: false, ended: true, endEmitted: true });
  }
  if (options?.writable === false) {
    Object.assign(this._writableState, { writable: false, ending: true, ended: true, finished: true });
  }
}
Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);

for (const name of Object.keys(Writable.prototype)) Duplex.prototype[name] ??= Writable.prototype[name];
for (const name of ['writable', 'writableHighWaterMark', 'writableObjectMode', 'writableBuffer', 'writableLength',
  'writableFinished', 'writableCorked', 'writableEnded', 'writableNeedDrain', 'writableAborted']) {
  Object.defineProperty(Duplex.prototype, name, Object.getOwnPropertyDescriptor(Writable.prototype, name));
}
Duplex.prototype.destroy = Writable.prototype.destroy;
define(Duplex.prototype, {
  destroyed: {
    get() {
      return !!this._readableState?.destroyed && !!this._writableState?.destroyed;
    },
    set(value) {
      if (this._readableState) this._readableState.destroyed = value;
      if (this._writableState) this._writableState.destroyed = value;
    },
  },
});

Duplex.from = (source) => fromIterable(Duplex, source, { writable: false });

// ---- Transform -------------------------------------------------------------------------------------------------------

const kCallback = Symbol('kCallback');

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  // Where the readable half keeps nothing, the writable one must not either.
  const readableMark = options?.readableHighWaterMark ?? options?.highWaterMark;
  if (readableMark === 0) {
    options = { ...options, highWaterMark: null, readableHighWaterMark: 0, writableHighWaterMark: options.writableHighWaterMark || 0 };
  }
  Duplex.call(this, options);
  this._readableState.sync = false;
  this[kCallback] = null;
  if (typeof options?.transform === 'function') this._transform = options.transform;
  if (typeof options?.flush === 'function') this._flush = options.flush;
  this.on('prefinish', prefinish);
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

Transform.prototype._final = final;

function final(callback) {
  if (typeof this._flush !== 'function' || this.destroyed) {
    this.push(null);
    callback?.();
    return;
  }
  this._flush((error, data) => {
    if (error) {
      if (callback) callback(error);
      else this.destroy(error);
      return;
    }
    if (data != null) this.push(data);
    this.push(null);
    callback?.();
  });
}

function prefinish() {
  // Somebody gave the stream a `_final` of his own.
  if (this._final !== final) final.call(this);
}

Transform.prototype._transform = function () {
  throw new codes.ERR_METHOD_NOT_IMPLEMENTED('_transform()');
};

Transform.prototype._write = function (chunk, encoding, callback) {
  const r = this._readableState;
  const w = this._writableState;
  const before = r.length;
  this._transform(chunk, encoding, (error, value) => {
    if (error) {
      callback(error);
      return;
    }
    if (value != null) this.push(value);
    // Who pushed the end wants it known first; else not before somebody reads, where there is enough.
    if (r.ended) nextTick(callback);
    else if (w.ended || before === r.length || r.length < r.highWaterMark) callback();
    else this[kCallback] = callback;
  });
};

Transform.prototype._read = function () {
  const callback = this[kCallback];
  if (!callback) return;
  this[kCallback] = null;
  callback();
};

function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);

PassThrough.prototype._transform = function (chunk, encoding, callback) {
  callback(null, chunk);
};
