// How a stream is made ready and how it ends: `_construct`, `destroy`, and what both halves of a stream are told of it.
//
// Required as `internal/stream_destroy`. Needs of `internal`: `nextTick`.
'use strict';

const { codes, AbortError } = require('internal/errors');

const kConstruct = Symbol('kConstruct');
const kDestroy = Symbol('kDestroy');

const states = (stream) => [stream._writableState, stream._readableState].filter(Boolean);

// The state that says whether the stream is ready.
const leading = (stream) => stream._writableState ?? stream._readableState;

function setErrored(stream, error) {
  for (const state of states(stream)) state.errored ??= error;
}

function aggregate(first, second) {
  if (first && second && first !== second) {
    if (Array.isArray(second.errors)) {
      second.errors.push(first);
      return second;
    }
    const both = new AggregateError([second, first], second.message);
    both.code = second.code;
    return both;
  }
  return first || second;
}

function destroy(error, callback) {
  if (states(this).some((state) => state.destroyed)) {
    if (typeof callback === 'function') callback();
    return this;
  }
  if (error) {
    void error.stack;
    setErrored(this, error);
  }
  for (const state of states(this)) state.destroyed = true;
  if (leading(this)?.constructed === false) {
    this.once(kDestroy, (failed) => runDestroy(this, aggregate(failed, error), callback));
  } else {
    runDestroy(this, error, callback);
  }
  return this;
}

function runDestroy(stream, error, callback) {
  let isCalled = false;
  const onDestroy = (failure) => {
    if (isCalled) return;
    isCalled = true;
    if (failure) {
      void failure.stack;
      setErrored(stream, failure);
    }
    for (const state of states(stream)) state.closed = true;
    if (typeof callback === 'function') callback(failure);
    if (failure) internal.nextTick(emitErrorAndClose, stream, failure);
    else internal.nextTick(emitClose, stream);
  };
  try {
    stream._destroy(error || null, onDestroy);
  } catch (thrown) {
    onDestroy(thrown);
  }
}

function emitErrorAndClose(stream, error) {
  emitError(stream, error);
  emitClose(stream);
}

function emitClose(stream) {
  const all = states(stream);
  for (const state of all) state.closeEmitted = true;
  if (all.some((state) => state.emitClose)) stream.emit('close');
}

function emitError(stream, error) {
  const all = states(stream);
  if (all.some((state) => state.errorEmitted)) return;
  for (const state of all) state.errorEmitted = true;
  stream.emit('error', error);
}

function undestroy() {
  const [r, w] = [this._readableState, this._writableState];
  for (const state of states(this)) {
    Object.assign(state, {
      constructed: true, closed: false, closeEmitted: false, destroyed: false, errored: null, errorEmitted: false,
    });
  }
  if (r) {
    const isOver = r.readable === false;
    Object.assign(r, { reading: false, ended: isOver, endEmitted: isOver });
  }
  if (w) {
    const isOver = w.writable === false;
    Object.assign(w, { finalCalled: false, prefinished: false, ended: isOver, ending: isOver, finished: isOver });
  }
}

// What becomes of a stream that failed: it is destroyed, unless it is not to be by itself.
function errorOrDestroy(stream, error, sync) {
  const all = states(stream);
  if (all.some((state) => state.destroyed)) return;
  if (all.some((state) => state.autoDestroy)) {
    stream.destroy(error);
  } else if (error) {
    void error.stack;
    setErrored(stream, error);
    if (sync) internal.nextTick(emitError, stream, error);
    else emitError(stream, error);
  }
}

// Calls `_construct`, if the stream has one, and `ready` when that is done.
function construct(stream, ready) {
  if (typeof stream._construct !== 'function') return;
  for (const state of states(stream)) state.constructed = false;
  stream.once(kConstruct, ready);
  // Both halves of a duplex wait for one call.
  if (stream.listenerCount(kConstruct) === 1) internal.nextTick(runConstruct, stream);
}

function runConstruct(stream) {
  let isCalled = false;
  const onConstruct = (error) => {
    if (isCalled) {
      errorOrDestroy(stream, error ?? new codes.ERR_MULTIPLE_CALLBACK());
      return;
    }
    isCalled = true;
    for (const state of states(stream)) state.constructed = true;
    if (leading(stream).destroyed) stream.emit(kDestroy, error);
    else if (error) errorOrDestroy(stream, error, true);
    else stream.emit(kConstruct);
  };
  try {
    stream._construct((error) => internal.nextTick(onConstruct, error));
  } catch (thrown) {
    internal.nextTick(onConstruct, thrown);
  }
}

const isRequest = (stream) => stream?.setHeader && typeof stream.abort === 'function';

// Ends any kind of stream, ours or not.
function destroyer(stream, error) {
  if (!stream || isDestroyed(stream)) return;
  if (!error && !isFinished(stream)) error = new AbortError();
  if (isRequest(stream.req) && typeof stream.req.abort === 'function' && !stream._readableState) stream.req = null;
  if (typeof stream.destroy === 'function') stream.destroy(error);
  else if (typeof stream.close === 'function') stream.close();
  if (!stream.destroyed) stream[kIsDestroyed] = true;
}

const kIsDestroyed = Symbol.for('nodejs.stream.destroyed');
const isDestroyed = (stream) => Boolean(stream.destroyed || stream[kIsDestroyed] || leading(stream)?.destroyed);

// Nothing more is to be read or written.
function isFinished(stream) {
  const [r, w] = [stream._readableState, stream._writableState];
  if (r && stream.readable !== false && !r.endEmitted && !(r.ended && r.length === 0)) return false;
  if (w && stream.writable !== false && !(w.ended && w.length === 0 && !w.errored) && !w.finished) return false;
  return true;
}

module.exports = { construct, destroy, destroyer, undestroy, errorOrDestroy, aggregate, isRequest, isDestroyed };
