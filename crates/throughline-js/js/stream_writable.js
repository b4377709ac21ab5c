// `Writable`: a stream that is written to, one chunk at a time; the others wait.
//
// Required as `internal/stream_writable`. Needs of `internal`: `nextTick`.
'use strict';

const { Buffer } = require('node:buffer');
const { codes } = require('internal/errors');
const { Stream, highWaterMarkOf, optionOf, define } = require('internal/stream_base');
const { construct, destroy, errorOrDestroy, undestroy } = require('internal/stream_destroy');

const { nextTick } = internal;
const nothing = () => {};

class WritableState {
  constructor(options, stream, isDuplex) {
    this.objectMode = optionOf(options, 'objectMode', 'writableObjectMode', isDuplex);
    this.highWaterMark = highWaterMarkOf(this, options, 'writableHighWaterMark', isDuplex);
    this.finalCalled = false;
    this.needDrain = false;
    this.ending = false;
    this.ended = false;
    this.finished = false;
    this.prefinished = false;
    this.destroyed = false;
    this.decodeStrings = options?.decodeStrings !== false;
    this.defaultEncoding = options?.defaultEncoding ?? 'utf8';
    this.length = 0;
    // The chunk that `_write` has, and whether it may call back before it returns.
    this.writing = false;
    this.sync = true;
    this.writecb = null;
    this.writelen = 0;
    this.onwrite = (error) => onWritten(stream, error);
    this.corked = 0;
    this.bufferProcessing = false;
    this.buffered = [];
    // Callbacks of chunks that were written at once, to be called together.
    this.afterWriteTickInfo = null;
    this.afterWritePending = false;
    this.pendingcb = 0;
    this.constructed = true;
    this.errorEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this.onFinished = [];
  }

  getBuffer() {
    return this.buffered.slice();
  }

  get bufferedRequestCount() {
    return this.buffered.length;
  }
}

function Writable(options) {
  const isDuplex = this instanceof require('internal/stream_duplex').Duplex;
  if (!isDuplex && !Object[Symbol.hasInstance].call(Writable, this)) return new Writable(options);
  this._writableState = new WritableState(options, this, isDuplex);
  if (options) {
    if (typeof options.write === 'function') this._write = options.write;
    if (typeof options.writev === 'function') this._writev = options.writev;
    if (typeof options.destroy === 'function') this._destroy = options.destroy;
    if (typeof options.final === 'function') this._final = options.final;
    if (typeof options.construct === 'function') this._construct = options.construct;
    if (options.signal) require('internal/stream_end').addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  construct(this, () => {
    const state = this._writableState;
    if (!state.writing) flushBuffered(this, state);
    if (state.ending) finishMaybe(this, state);
  });
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);
Writable.WritableState = WritableState;

// A duplex is no heir of `Writable`, and yet one.
Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Object[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && object?._writableState instanceof WritableState;
  },
});

Writable.prototype.pipe = function pipe() {
  errorOrDestroy(this, new codes.ERR_STREAM_CANNOT_PIPE());
};

// ---- Writing ---------------------------------------------------------------------------------------------------------

Writable.prototype.write = function write(chunk, encoding, callback) {
  if (typeof encoding === 'function') [encoding, callback] = [null, encoding];
  return writeChunk(this, chunk, encoding, callback) === true;
};

// Answers whether more is welcome, or the error there was.
function writeChunk(stream, chunk, encoding, callback) {
  const state = stream._writableState;
  if (typeof callback !== 'function') callback = nothing;
  if (chunk === null) throw new codes.ERR_STREAM_NULL_VALUES();
  if (!state.objectMode) {
    if (typeof chunk === 'string') {
      encoding ||= state.defaultEncoding;
      if (encoding !== 'buffer' && !Buffer.isEncoding(encoding)) throw new codes.ERR_UNKNOWN_ENCODING(encoding);
      if (state.decodeStrings) {
        chunk = Buffer.from(chunk, encoding);
        encoding = 'buffer';
      }
    } else if (chunk instanceof Buffer) {
      encoding = 'buffer';
    } else if (ArrayBuffer.isView(chunk)) {
      chunk = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      encoding = 'buffer';
    } else {
      throw new codes.ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk);
    }
  }
  encoding ||= state.defaultEncoding;
  let error;
  if (state.ending) error = new codes.ERR_STREAM_WRITE_AFTER_END();
  else if (state.destroyed) error = new codes.ERR_STREAM_DESTROYED('write');
  if (error) {
    nextTick(callback, error);
    errorOrDestroy(stream, error, true);
    return error;
  }
  state.pendingcb += 1;
  return writeOrBuffer(stream, state, chunk, encoding, callback);
}

function writeOrBuffer(stream, state, chunk, encoding, callback) {
  const length = state.objectMode ? 1 : chunk.length;
  state.length += length;
  if (state.writing || state.corked || state.errored || !state.constructed) {
    state.buffered.push({ chunk, encoding, callback });
  } else {
    hand(stream, state, length, callback, () => stream._write(chunk, encoding, state.onwrite));
  }
  const isMoreWelcome = state.length < state.highWaterMark || state.length === 0;
  if (!isMoreWelcome) state.needDrain = true;
  return isMoreWelcome && !state.errored && !state.destroyed;
}

// Hands chunks to the stream's own `_write` or `_writev`.
function hand(stream, state, length, callback, write) {
  state.writelen = length;
  state.writecb = callback;
  state.writing = true;
  state.sync = true;
  if (state.destroyed) state.onwrite(new codes.ERR_STREAM_DESTROYED('write'));
  else write();
  state.sync = false;
}

function onWritten(stream, error) {
  const state = stream._writableState;
  const { sync, writecb: callback } = state;
  if (typeof callback !== 'function') {
    errorOrDestroy(stream, new codes.ERR_MULTIPLE_CALLBACK());
    return;
  }
  state.writing = false;
  state.writecb = null;
  state.length -= state.writelen;
  state.writelen = 0;
  if (error) {
    void error.stack;
    state.errored ??= error;
    if (stream._readableState) stream._readableState.errored ??= error;
    if (sync) nextTick(onWriteError, stream, state, error, callback);
    else onWriteError(stream, state, error, callback);
    return;
  }
  if (state.buffered.length > 0) flushBuffered(stream, state);
  if (!sync) afterWrite(stream, state, 1, callback);
  else if (callback === nothing) afterSilentWrite(stream, state);
  else afterSyncWrite(stream, state, callback);
}

// Nobody waits for this chunk: no tick, unless somebody waits for the room it took.
function afterSilentWrite(stream, state) {
  if (!state.afterWritePending && state.needDrain && state.length === 0) {
    state.afterWritePending = true;
    nextTick(afterWrite, stream, state, 1, nothing);
    return;
  }
  state.pendingcb -= 1;
  if (state.ending) finishMaybe(stream, state, true);
}

function afterSyncWrite(stream, state, callback) {
  const waiting = state.afterWriteTickInfo;
  if (waiting?.callback === callback) {
    waiting.count += 1;
    return;
  }
  const info = { count: 1, callback };
  state.afterWriteTickInfo = info;
  state.afterWritePending = true;
  nextTick(() => {
    state.afterWriteTickInfo = null;
    afterWrite(stream, state, info.count, callback);
  });
}

function afterWrite(stream, state, count, callback) {
  state.afterWritePending = false;
  if (!state.ending && !state.destroyed && state.length === 0 && state.needDrain) {
    state.needDrain = false;
    stream.emit('drain');
  }
  for (; count > 0; count -= 1) {
    state.pendingcb -= 1;
    callback(null);
  }
  if (state.destroyed) failBuffered(state);
  if (state.ending) finishMaybe(stream, state, true);
}

function onWriteError(stream, state, error, callback) {
  state.pendingcb -= 1;
  callback(error);
  failBuffered(state);
  errorOrDestroy(stream, error);
}

// Nothing of what waits will be written.
function failBuffered(state) {
  if (state.writing) return;
  const waiting = state.buffered;
  state.buffered = [];
  for (const { chunk, callback } of waiting) {
    state.length -= state.objectMode ? 1 : chunk.length;
    callback(state.errored ?? new codes.ERR_STREAM_DESTROYED('write'));
  }
  callFinished(state, state.errored ?? new codes.ERR_STREAM_DESTROYED('end'));
}

function callFinished(state, error) {
  const callbacks = state.onFinished;
  state.onFinished = [];
  for (const callback of callbacks) callback(error);
}

function flushBuffered(stream, state) {
  if (state.corked || state.bufferProcessing || state.destroyed || !state.constructed || state.buffered.length === 0) return;
  state.bufferProcessing = true;
  if (state.buffered.length > 1 && stream._writev) {
    const all = state.buffered;
    state.buffered = [];
    state.pendingcb -= all.length - 1;
    const callback = all.every((one) => one.callback === nothing) ? nothing : (error) => all.forEach((one) => one.callback(error));
    const chunks = all.map(({ chunk, encoding }) => ({ chunk, encoding }));
    chunks.allBuffers = all.every(({ encoding }) => encoding === 'buffer');
    hand(stream, state, state.length, callback, () => stream._writev(chunks, state.onwrite));
  } else {
    while (state.buffered.length > 0 && !state.writing) {
      const { chunk, encoding, callback } = state.buffered.shift();
      const length = state.objectMode ? 1 : chunk.length;
      hand(stream, state, length, callback, () => stream._write(chunk, encoding, state.onwrite));
    }
  }
  state.bufferProcessing = false;
}

Writable.prototype._write = function (chunk, encoding, callback) {
  if (this._writev) this._writev([{ chunk, encoding }], callback);
  else throw new codes.ERR_METHOD_NOT_IMPLEMENTED('_write()');
};
Writable.prototype._writev = null;

Writable.prototype.cork = function cork() {
  this._writableState.corked += 1;
};

Writable.prototype.uncork = function uncork() {
  const state = this._writableState;
  if (state.corked === 0) return;
  state.corked -= 1;
  if (!state.writing) flushBuffered(this, state);
};

Writable.prototype.setDefaultEncoding = function setDefaultEncoding(encoding) {
  if (typeof encoding === 'string') encoding = encoding.toLowerCase();
  if (!Buffer.isEncoding(encoding)) throw new codes.ERR_UNKNOWN_ENCODING(encoding);
  this._writableState.defaultEncoding = encoding;
  return this;
};

// ---- Ending ----------------------------------------------------------------------------------------------------------

Writable.prototype.end = function end(chunk, encoding, callback) {
  const state = this._writableState;
  if (typeof chunk === 'function') [chunk, encoding, callback] = [null, null, chunk];
  else if (typeof encoding === 'function') [encoding, callback] = [null, encoding];

  let error;
  if (chunk !== null && chunk !== undefined) {
    const written = writeChunk(this, chunk, encoding);
    if (written instanceof Error) error = written;
  }
  if (state.corked) {
    state.corked = 1;
    this.uncork();
  }
  if (error) {
    // Said already.
  } else if (!state.errored && !state.ending) {
    // Whoever called `end` may listen for `finish` only after it.
    state.ending = true;
    finishMaybe(this, state, true);
    state.ended = true;
  } else if (state.finished) {
    error = new codes.ERR_STREAM_ALREADY_FINISHED('end');
  } else if (state.destroyed) {
    error = new codes.ERR_STREAM_DESTROYED('end');
  }
  if (typeof callback === 'function') {
    if (error || state.errored) nextTick(callback, error ?? state.errored);
    else if (state.finished) nextTick(callback, null);
    else state.onFinished.push(callback);
  }
  return this;
};

function needsFinish(state) {
  return (
    state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored &&
    state.buffered.length === 0 && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted
  );
}

function finishMaybe(stream, state, sync) {
  if (!needsFinish(state)) return;
  prefinish(stream, state);
  if (state.pendingcb !== 0) return;
  if (sync) {
    state.pendingcb += 1;
    nextTick(() => {
      if (needsFinish(state)) finish(stream, state);
      else state.pendingcb -= 1;
    });
  } else if (needsFinish(state)) {
    state.pendingcb += 1;
    finish(stream, state);
  }
}

function prefinish(stream, state) {
  if (state.prefinished || state.finalCalled) return;
  if (typeof stream._final === 'function' && !state.destroyed) {
    state.finalCalled = true;
    callFinal(stream, state);
  } else {
    state.finalCalled = state.prefinished = true;
    stream.emit('prefinish');
  }
}

function callFinal(stream, state) {
  const onFinal = (error) => {
    if (state.prefinished) {
      errorOrDestroy(stream, error ?? new codes.ERR_MULTIPLE_CALLBACK());
      return;
    }
    state.pendingcb -= 1;
    if (error) {
      callFinished(state, error);
      errorOrDestroy(stream, error, state.sync);
    } else if (needsFinish(state)) {
      state.prefinished = true;
      stream.emit('prefinish');
      // Not at once: `_final` may have called back before it returned.
      state.pendingcb += 1;
      nextTick(finish, stream, state);
    }
  };
  state.sync = true;
  state.pendingcb += 1;
  try {
    stream._final(onFinal);
  } catch (error) {
    onFinal(error);
  }
  state.sync = false;
}

function finish(stream, state) {
  state.pendingcb -= 1;
  state.finished = true;
  callFinished(state, null);
  stream.emit('finish');
  if (!state.autoDestroy) return;
  const r = stream._readableState;
  if (!r || (r.autoDestroy && (r.endEmitted || r.readable === false))) stream.destroy();
}

Writable.prototype.destroy = function (error, callback) {
  const state = this._writableState;
  if (!state.destroyed && (state.buffered.length > 0 || state.onFinished.length > 0)) nextTick(failBuffered, state);
  destroy.call(this, error, callback);
  return this;
};
Writable.prototype._undestroy = undestroy;
Writable.prototype._destroy = function (error, callback) {
  callback(error);
};
Writable.prototype[Symbol.for('nodejs.rejection')] = function (error) {
  this.destroy(error);
};

// ---- What it is --------------------------------------------------------------------------------------------------------

define(Writable.prototype, {
  closed: { get() { return this._writableState ? this._writableState.closed : false; } },
  destroyed: {
    get() { return this._writableState ? this._writableState.destroyed : false; },
    set(value) { if (this._writableState) this._writableState.destroyed = value; },
  },
  writable: {
    get() {
      const w = this._writableState;
      return !!w && w.writable !== false && !w.destroyed && !w.errored && !w.ending && !w.ended;
    },
    set(value) { if (this._writableState) this._writableState.writable = !!value; },
  },
  writableFinished: { get() { return this._writableState ? this._writableState.finished : false; } },
  writableObjectMode: { get() { return this._writableState ? this._writableState.objectMode : false; } },
  writableBuffer: { get() { return this._writableState?.getBuffer(); } },
  writableEnded: { get() { return this._writableState ? this._writableState.ending : false; } },
  writableNeedDrain: {
    get() {
      const w = this._writableState;
      return !!w && !w.destroyed && !w.ending && w.needDrain;
    },
  },
  writableHighWaterMark: { get() { return this._writableState?.highWaterMark; } },
  writableCorked: { get() { return this._writableState ? this._writableState.corked : 0; } },
  writableLength: { get() { return this._writableState?.length; } },
  errored: { get() { return this._writableState ? this._writableState.errored : null; } },
  writableAborted: {
    get() {
      const w = this._writableState;
      return !!(w.writable !== false && (w.destroyed || w.errored) && !w.finished);
    },
  },
});

module.exports = { Writable, WritableState };
