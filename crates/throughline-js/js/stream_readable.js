// `Readable`: a stream that is read. It flows to its `data` listeners, or is read piece by piece after `readable`.
//
// LLRT has streams too (`llrt_stream`, for its own sockets, and `llrt_stream_web`); they are written on rquickjs 0.11, have a part of these events, and
// not their order, which programs and the contexts of their listeners depend on.
//
// Required as `internal/stream_readable`. Needs of `internal`: `nextTick`.
'use strict';

const { Buffer } = require('node:buffer');
const { codes, validate } = require('internal/errors');
const { Stream, highWaterMarkOf, optionOf, define } = require('internal/stream_base');
const { aggregate, construct, destroy, destroyer, errorOrDestroy, undestroy } = require('internal/stream_destroy');

const { nextTick } = internal;
const nothing = () => {};

class ReadableState {
  constructor(options, isDuplex) {
    this.objectMode = optionOf(options, 'objectMode', 'readableObjectMode', isDuplex);
    this.highWaterMark = highWaterMarkOf(this, options, 'readableHighWaterMark', isDuplex);
    this.buffer = [];
    this.length = 0;
    this.pipes = [];
    // Nobody has said yet whether it flows.
    this.flowing = null;
    this.paused = null;
    this.ended = false;
    // Its end is known, and nobody was there to be told `readable`; the tick that emits `end` waits.
    this.endUnseen = false;
    this.endScheduled = false;
    this.endEmitted = false;
    this.reading = false;
    this.constructed = true;
    // Whether `_read` may be calling back before it returns.
    this.sync = true;
    this.needReadable = false;
    this.emittedReadable = false;
    this.readableListening = false;
    this.resumeScheduled = false;
    this.readingMore = false;
    this.dataEmitted = false;
    this.errorEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.destroyed = false;
    this.errored = null;
    this.closed = false;
    this.closeEmitted = false;
    this.defaultEncoding = options?.defaultEncoding ?? 'utf8';
    // Destinations that asked to wait.
    this.awaitDrain = new Set();
    this.decoder = null;
    this.encoding = null;
    if (options?.encoding) setDecoder(this, options.encoding);
  }
}

function setDecoder(state, encoding) {
  const { StringDecoder } = require('node:string_decoder');
  state.decoder = new StringDecoder(encoding);
  state.encoding = state.decoder.encoding;
}

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  const isDuplex = this instanceof require('internal/stream_duplex').Duplex;
  this._readableState = new ReadableState(options, isDuplex);
  if (options) {
    if (typeof options.read === 'function') this._read = options.read;
    if (typeof options.destroy === 'function') this._destroy = options.destroy;
    if (typeof options.construct === 'function') this._construct = options.construct;
    if (options.signal && !isDuplex) require('internal/stream_end').addAbortSignal(options.signal, this);
  }
  Stream.call(this, options);
  construct(this, () => {
    if (this._readableState.needReadable) maybeReadMore(this, this._readableState);
  });
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);
Readable.ReadableState = ReadableState;

Readable.prototype.destroy = destroy;
Readable.prototype._undestroy = undestroy;
Readable.prototype._destroy = function (error, callback) {
  callback(error);
};
Readable.prototype[Symbol.for('nodejs.rejection')] = function (error) {
  this.destroy(error);
};
Readable.prototype[Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')] = function () {
  let error;
  if (!this.destroyed) {
    error = this.readableEnded ? null : new (require('internal/errors').AbortError)();
    this.destroy(error);
  }
  return new Promise((resolve, reject) => {
    require('internal/stream_end').finished(this, (failed) => (failed && failed !== error ? reject(failed) : resolve(null)));
  });
};
Readable.prototype._read = function () {
  throw new codes.ERR_METHOD_NOT_IMPLEMENTED('_read()');
};

// ---- Putting in ------------------------------------------------------------------------------------------------------

Readable.prototype.push = function push(chunk, encoding) {
  return add(this, chunk, encoding, false);
};
Readable.prototype.unshift = function unshift(chunk, encoding) {
  return add(this, chunk, encoding, true);
};

// A chunk as it is kept; throws what the stream fails with.
function chunkOf(state, chunk, encoding, toFront) {
  if (state.objectMode || chunk === null || chunk === undefined) return { chunk, encoding };
  if (typeof chunk === 'string') {
    encoding ||= state.defaultEncoding;
    if (state.encoding === encoding) return { chunk, encoding };
    if (toFront && state.encoding) return { chunk: Buffer.from(chunk, encoding).toString(state.encoding), encoding };
    return { chunk: Buffer.from(chunk, encoding), encoding: '' };
  }
  if (chunk instanceof Buffer) return { chunk, encoding: '' };
  if (ArrayBuffer.isView(chunk)) return { chunk: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), encoding: '' };
  throw new codes.ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'TypedArray', 'DataView'], chunk);
}

function add(stream, given, givenEncoding, toFront) {
  const state = stream._readableState;
  let chunk, encoding;
  try {
    ({ chunk, encoding } = chunkOf(state, given, givenEncoding, toFront));
  } catch (error) {
    errorOrDestroy(stream, error);
    return false;
  }
  if (chunk === null) {
    state.reading = false;
    onEnd(stream, state);
    return false;
  }
  if (!state.objectMode && !(chunk?.length > 0)) {
    if (!toFront) {
      state.reading = false;
      maybeReadMore(stream, state);
    }
  } else if (toFront) {
    if (state.endEmitted) errorOrDestroy(stream, new codes.ERR_STREAM_UNSHIFT_AFTER_END_EVENT());
    else if (state.destroyed || state.errored) return false;
    else addChunk(stream, state, chunk, true);
  } else if (state.ended) {
    errorOrDestroy(stream, new codes.ERR_STREAM_PUSH_AFTER_EOF());
  } else if (state.destroyed || state.errored) {
    return false;
  } else {
    state.reading = false;
    if (state.decoder && !encoding) chunk = state.decoder.write(chunk);
    if (state.objectMode || chunk.length > 0) addChunk(stream, state, chunk, false);
    else maybeReadMore(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function addChunk(stream, state, chunk, toFront) {
  if (state.flowing && state.length === 0 && !state.sync && stream.listenerCount('data') > 0) {
    state.awaitDrain.clear();
    state.dataEmitted = true;
    stream.emit('data', chunk);
  } else {
    state.length += state.objectMode ? 1 : chunk.length;
    if (toFront) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) emitReadable(stream);
  }
  maybeReadMore(stream, state);
}

function onEnd(stream, state) {
  if (state.ended) return;
  const rest = state.decoder?.end();
  if (rest?.length) {
    state.buffer.push(rest);
    state.length += state.objectMode ? 1 : rest.length;
  }
  state.ended = true;
  if (state.sync) {
    // Not before the `read` that is running has returned.
    if (state.flowing || state.needReadable || stream.listenerCount('readable') > 0) emitReadable(stream);
    else state.endUnseen = true;
  } else {
    state.needReadable = false;
    state.emittedReadable = true;
    emitReadableNow(stream);
  }
}

// Fills the buffer up while nobody reads.
function maybeReadMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  nextTick(readMore, stream, state);
}

function readMore(stream, state) {
  while (!state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
    const before = state.length;
    stream.read(0);
    if (state.length === before) break;
  }
  state.readingMore = false;
}

// ---- Reading ---------------------------------------------------------------------------------------------------------

const MOST = 0x40000000;

function largerMark(n) {
  if (n > MOST) throw new codes.ERR_OUT_OF_RANGE('size', '<= 1GiB', n);
  let mark = 1;
  while (mark < n) mark *= 2;
  return mark;
}

function howMuch(n, state) {
  if (n <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  // One chunk at a time; of text all that is there, unless it flows.
  if (Number.isNaN(n)) return state.length && (state.flowing || !state.decoder) ? state.buffer[0].length : state.length;
  if (n <= state.length) return n;
  return state.ended ? state.length : 0;
}

Readable.prototype.read = function read(size) {
  const state = this._readableState;
  let n = size === undefined ? NaN : Number.isInteger(size) ? size : Number.parseInt(size, 10);
  const asked = n;
  if (n > state.highWaterMark) state.highWaterMark = largerMark(n);
  if (n !== 0) state.emittedReadable = state.endUnseen = false;

  // `read(0)` only asks for more; where there is enough, it says so again.
  const isEnough = state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0;
  if (n === 0 && state.needReadable && (isEnough || state.ended)) {
    if (state.length === 0 && state.ended) endReadable(this);
    else emitReadable(this);
    return null;
  }

  n = howMuch(n, state);
  if (n === 0 && state.ended) {
    if (state.length === 0) endReadable(this);
    return null;
  }

  const isWanted = state.needReadable || state.length === 0 || state.length - n < state.highWaterMark;
  if (isWanted && !state.ended && !state.reading && !state.destroyed && !state.errored && state.constructed) {
    state.reading = true;
    state.sync = true;
    if (state.length === 0) state.needReadable = true;
    try {
      this._read(state.highWaterMark);
    } catch (error) {
      errorOrDestroy(this, error);
    }
    state.sync = false;
    // It pushed at once: look again.
    if (!state.reading) n = howMuch(asked, state);
  }

  const taken = n > 0 ? take(n, state) : null;
  if (taken === null) {
    state.needReadable = state.length <= state.highWaterMark;
    n = 0;
  } else {
    state.length -= n;
    state.awaitDrain.clear();
  }
  if (state.length === 0) {
    if (!state.ended) state.needReadable = true;
    if (asked !== n && state.ended) endReadable(this);
  }
  if (taken !== null && !state.errorEmitted && !state.closeEmitted) {
    state.dataEmitted = true;
    this.emit('data', taken);
  }
  return taken;
};

// The next `n` of the buffer.
function take(n, state) {
  if (state.length === 0) return null;
  if (state.objectMode) return state.buffer.shift();
  const parts = [];
  let missing = n;
  while (missing > 0) {
    const first = state.buffer[0];
    if (first.length > missing) {
      parts.push(first.slice(0, missing));
      state.buffer[0] = first.slice(missing);
      missing = 0;
    } else {
      parts.push(state.buffer.shift());
      missing -= first.length;
    }
  }
  if (parts.length === 1) return parts[0];
  return state.decoder ? parts.join('') : Buffer.concat(parts, n);
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  nextTick(emitReadableNow, stream);
}

function emitReadableNow(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length || state.ended)) {
    stream.emit('readable');
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted || state.endScheduled) return;
  state.ended = state.endScheduled = true;
  nextTick(emitEnd, state, stream);
}

function emitEnd(state, stream) {
  state.endScheduled = false;
  if (state.errored || state.closeEmitted || state.endEmitted || state.length > 0) return;
  state.endEmitted = true;
  stream.emit('end');
  if (stream.writable && stream.allowHalfOpen === false) {
    nextTick(endWritable, stream);
  } else if (state.autoDestroy) {
    const w = stream._writableState;
    if (!w || (w.autoDestroy && (w.finished || w.writable === false))) stream.destroy();
  }
}

function endWritable(stream) {
  if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end();
}

// ---- Flowing -----------------------------------------------------------------------------------------------------------

Readable.prototype.on = function on(event, listener) {
  const answer = Stream.prototype.on.call(this, event, listener);
  const state = this._readableState;
  if (event === 'data') {
    state.readableListening = this.listenerCount('readable') > 0;
    if (state.flowing !== false) this.resume();
  } else if (event === 'readable' && !state.endEmitted && !state.readableListening) {
    state.readableListening = state.needReadable = true;
    state.flowing = false;
    state.emittedReadable = false;
    if (state.length) {
      emitReadable(this);
    } else {
      if (state.endUnseen) {
        state.endUnseen = false;
        emitReadable(this);
      }
      if (!state.reading) nextTick(readNothing, this);
    }
  }
  return answer;
};
Readable.prototype.addListener = Readable.prototype.on;

const readNothing = (stream) => void stream.read(0);

Readable.prototype.removeListener = function removeListener(event, listener) {
  const answer = Stream.prototype.removeListener.call(this, event, listener);
  // Not at once: the listener may be replaced.
  if (event === 'readable') nextTick(updateListening, this);
  return answer;
};
Readable.prototype.off = Readable.prototype.removeListener;

Readable.prototype.removeAllListeners = function removeAllListeners(...events) {
  const answer = Stream.prototype.removeAllListeners.apply(this, events);
  if (events.length === 0 || events[0] === 'readable' || events[0] === undefined) nextTick(updateListening, this);
  return answer;
};

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount('readable') > 0;
  if (state.resumeScheduled && state.paused === false) state.flowing = true;
  else if (stream.listenerCount('data') > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

Readable.prototype.resume = function resume() {
  const state = this._readableState;
  if (!state.flowing) {
    state.flowing = !state.readableListening;
    if (!state.resumeScheduled) {
      state.resumeScheduled = true;
      nextTick(resumeNow, this, state);
    }
  }
  state.paused = false;
  return this;
};

function resumeNow(stream, state) {
  if (!state.reading) stream.read(0);
  state.resumeScheduled = false;
  stream.emit('resume');
  flow(stream);
  if (state.flowing && !state.reading) stream.read(0);
}

Readable.prototype.pause = function pause() {
  const state = this._readableState;
  if (state.destroyed) return this;
  if (state.flowing !== false) {
    state.flowing = false;
    this.emit('pause');
  }
  state.paused = true;
  return this;
};

Readable.prototype.isPaused = function isPaused() {
  return this._readableState.paused === true || this._readableState.flowing === false;
};

function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && stream.read() !== null);
}

Readable.prototype.setEncoding = function setEncoding(encoding) {
  const state = this._readableState;
  setDecoder(state, encoding);
  // What is there already was bytes.
  const text = state.buffer.map((chunk) => state.decoder.write(chunk)).join('');
  state.buffer = text === '' ? [] : [text];
  state.length = text.length;
  return this;
};

// ---- Piping ------------------------------------------------------------------------------------------------------------

Readable.prototype.pipe = function pipe(dest, options) {
  const source = this;
  const state = this._readableState;
  state.pipes.push(dest);

  const isStdio = dest === globalThis.process?.stdout || dest === globalThis.process?.stderr;
  const onSourceEnd = options?.end !== false && !isStdio ? () => dest.end() : unpipe;
  if (state.endEmitted) nextTick(onSourceEnd);
  else source.once('end', onSourceEnd);

  let onDrain;
  let isCleanedUp = false;
  function cleanup() {
    dest.removeListener('close', onClose);
    dest.removeListener('finish', onFinish);
    if (onDrain) dest.removeListener('drain', onDrain);
    dest.removeListener('error', onError);
    dest.removeListener('unpipe', onUnpipe);
    source.removeListener('end', onSourceEnd);
    source.removeListener('data', onData);
    isCleanedUp = true;
    // Whom it waits for is gone.
    if (onDrain && state.awaitDrain.has(dest) && (!dest._writableState || dest._writableState.needDrain)) onDrain();
  }
  function onUnpipe(readable, info) {
    if (readable !== source || info?.hasUnpiped !== false) return;
    info.hasUnpiped = true;
    cleanup();
  }
  function pause() {
    if (!isCleanedUp) {
      if (state.pipes.includes(dest)) state.awaitDrain.add(dest);
      source.pause();
    }
    if (onDrain) return;
    onDrain = () => {
      state.awaitDrain.delete(dest);
      if (state.awaitDrain.size === 0 && source.listenerCount('data') > 0) source.resume();
    };
    dest.on('drain', onDrain);
  }
  function onData(chunk) {
    if (dest.write(chunk) === false) pause();
  }
  function onError(error) {
    unpipe();
    dest.removeListener('error', onError);
    if (dest.listenerCount('error') > 0) return;
    const its = dest._writableState ?? dest._readableState;
    if (its && !its.errorEmitted) errorOrDestroy(dest, error);
    else dest.emit('error', error);
  }
  function onClose() {
    dest.removeListener('finish', onFinish);
    unpipe();
  }
  function onFinish() {
    dest.removeListener('close', onClose);
    unpipe();
  }
  function unpipe() {
    source.unpipe(dest);
  }

  dest.on('unpipe', onUnpipe);
  source.on('data', onData);
  // Before whoever else listens, who would not expect to be called after `unpipe`.
  dest.prependListener('error', onError);
  dest.once('close', onClose);
  dest.once('finish', onFinish);
  dest.emit('pipe', source);
  if (dest.writableNeedDrain === true) pause();
  else if (!state.flowing) source.resume();
  return dest;
};

Readable.prototype.unpipe = function unpipe(dest) {
  const state = this._readableState;
  if (state.pipes.length === 0) return this;
  if (!dest) {
    const all = state.pipes;
    state.pipes = [];
    this.pause();
    for (const each of all) each.emit('unpipe', this, { hasUnpiped: false });
    return this;
  }
  const at = state.pipes.indexOf(dest);
  if (at === -1) return this;
  state.pipes.splice(at, 1);
  if (state.pipes.length === 0) this.pause();
  dest.emit('unpipe', this, { hasUnpiped: false });
  return this;
};

// Gives out a stream of the old kind.
Readable.prototype.wrap = function wrap(stream) {
  let isPaused = false;
  stream.on('data', (chunk) => {
    if (this.push(chunk) || !stream.pause) return;
    isPaused = true;
    stream.pause();
  });
  stream.on('end', () => this.push(null));
  stream.on('error', (error) => errorOrDestroy(this, error));
  stream.on('close', () => destroyer(this));
  stream.on('destroy', () => destroyer(this));
  this._read = () => {
    if (!isPaused || !stream.resume) return;
    isPaused = false;
    stream.resume();
  };
  return this;
};

// ---- Iterating ---------------------------------------------------------------------------------------------------------

Readable.prototype[Symbol.asyncIterator] = function () {
  return iterate(this);
};

Readable.prototype.iterator = function iterator(options) {
  if (options !== undefined) validate.object(options, 'options');
  return iterate(this, options);
};

function iterate(stream, options) {
  const iterator = chunks(stream, options);
  iterator.stream = stream;
  return iterator;
}

async function* chunks(stream, options) {
  let wake = nothing;
  const onReadable = () => {
    wake();
    wake = nothing;
  };
  stream.on('readable', onReadable);
  // undefined: it goes on; null: it came to its end.
  let error;
  const forget = require('internal/stream_end').finished(stream, { writable: false }, (failed) => {
    error = failed ? aggregate(error, failed) : null;
    onReadable();
  });
  try {
    for (;;) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (error) throw error;
      else if (error === null) return;
      else await new Promise((resolve) => (wake = resolve));
    }
  } catch (thrown) {
    error = aggregate(error, thrown);
    throw error;
  } finally {
    const isToEnd = error || options?.destroyOnReturn !== false;
    if (isToEnd && (error === undefined || stream._readableState?.autoDestroy)) {
      destroyer(stream, null);
    } else {
      stream.off('readable', onReadable);
      forget();
    }
  }
}

Readable.prototype.toArray = async function toArray(options) {
  options?.signal?.throwIfAborted();
  const all = [];
  for await (const chunk of this) {
    options?.signal?.throwIfAborted();
    all.push(chunk);
  }
  return all;
};

Readable.from = function from(iterable, options) {
  return fromIterable(Readable, iterable, options);
};

function fromIterable(Class, iterable, options) {
  if (typeof iterable === 'string' || iterable instanceof Buffer) {
    return new Class({
      objectMode: true,
      ...options,
      read() {
        this.push(iterable);
        this.push(null);
      },
    });
  }
  const isAsync = typeof iterable?.[Symbol.asyncIterator] === 'function';
  if (!isAsync && typeof iterable?.[Symbol.iterator] !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('iterable', ['Iterable'], iterable);
  }
  const iterator = isAsync ? iterable[Symbol.asyncIterator]() : iterable[Symbol.iterator]();
  const readable = new Class({ objectMode: true, highWaterMark: 1, ...options });
  let isReading = false;
  readable._read = () => {
    if (isReading) return;
    isReading = true;
    next();
  };
  readable._destroy = (error, callback) => {
    close(error).then(
      () => nextTick(callback, error),
      (failed) => nextTick(callback, failed ?? error),
    );
  };
  async function close(error) {
    const isError = error !== undefined && error !== null;
    if (isError && typeof iterator.throw === 'function') {
      const { value, done } = await iterator.throw(error);
      await value;
      if (done) return;
    }
    if (typeof iterator.return === 'function') {
      const { value } = await iterator.return();
      await value;
    }
  }
  async function next() {
    for (;;) {
      try {
        const { value, done } = isAsync ? await iterator.next() : iterator.next();
        if (done) {
          readable.push(null);
        } else {
          const chunk = value && typeof value.then === 'function' ? await value : value;
          if (chunk === null) {
            isReading = false;
            throw new codes.ERR_STREAM_NULL_VALUES();
          }
          if (readable.push(chunk)) continue;
          isReading = false;
        }
      } catch (error) {
        readable.destroy(error);
      }
      return;
    }
  }
  return readable;
}

// ---- What it is ----------------------------------------------------------------------------------------------------------

define(Readable.prototype, {
  readable: {
    get() {
      const r = this._readableState;
      return !!r && r.readable !== false && !r.destroyed && !r.errorEmitted && !r.endEmitted;
    },
    set(value) {
      if (this._readableState) this._readableState.readable = !!value;
    },
  },
  readableDidRead: { get() { return this._readableState.dataEmitted; } },
  readableAborted: {
    get() {
      const r = this._readableState;
      return !!(r.readable !== false && (r.destroyed || r.errored) && !r.endEmitted);
    },
  },
  readableHighWaterMark: { get() { return this._readableState.highWaterMark; } },
  readableBuffer: { get() { return this._readableState?.buffer; } },
  readableFlowing: {
    get() { return this._readableState.flowing; },
    set(value) { if (this._readableState) this._readableState.flowing = value; },
  },
  readableLength: { get() { return this._readableState.length; } },
  readableObjectMode: { get() { return this._readableState ? this._readableState.objectMode : false; } },
  readableEncoding: { get() { return this._readableState ? this._readableState.encoding : null; } },
  errored: { get() { return this._readableState ? this._readableState.errored : null; } },
  closed: { get() { return this._readableState ? this._readableState.closed : false; } },
  destroyed: {
    get() { return this._readableState ? this._readableState.destroyed : false; },
    set(value) { if (this._readableState) this._readableState.destroyed = value; },
  },
  readableEnded: { get() { return this._readableState ? this._readableState.endEmitted : false; } },
});

module.exports = { Readable, ReadableState, fromIterable };
