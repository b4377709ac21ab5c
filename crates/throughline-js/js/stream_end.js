// `finished`: when a stream is read to its end, written to its end, or broken. And `addAbortSignal`.
//
// Required as `internal/stream_end`. Needs of `internal`: `nextTick`.
'use strict';

const { AbortError, codes, validate } = require('internal/errors');
const { isRequest } = require('internal/stream_destroy');

const { nextTick } = internal;

const isStream = (value) =>
  !!value && (value._readableState || value._writableState || (typeof value.write === 'function' && typeof value.on === 'function') ||
    (typeof value.pipe === 'function' && typeof value.on === 'function'));

const isReadableKind = (stream) =>
  typeof stream.pipe === 'function' && typeof stream.on === 'function' &&
  (!stream._writableState || (stream._readableState !== undefined && stream._readableState.readable !== false));
const isWritableKind = (stream) =>
  typeof stream.write === 'function' && typeof stream.on === 'function' && (!stream._readableState || (stream._writableState !== undefined && stream._writableState.writable !== false));

// Over: also where only the buffer is empty, if `strict` is false. null: there is no telling.
const isReadableOver = (stream, strict = true) => {
  if (!isReadableKind(stream)) return null;
  const r = stream._readableState;
  if (r?.errored) return false;
  return Boolean(r?.endEmitted || (strict === false && r?.ended && r.length === 0));
};
const isWritableOver = (stream, strict = true) => {
  if (!isWritableKind(stream)) return null;
  if (stream.writableFinished === true) return true;
  const w = stream._writableState;
  if (w?.errored) return false;
  if (typeof w?.finished !== 'boolean') return null;
  return Boolean(w.finished || (strict === false && w.ended && w.length === 0));
};
const isOpen = {
  readable: (stream) => stream.readable && !isReadableOver(stream),
  writable: (stream) => stream.writable && !stream.writableEnded,
};
const errorOf = (stream) => stream._writableState?.errored ?? stream._readableState?.errored ?? undefined;
const isClosed = (stream) => {
  const [r, w] = [stream._readableState, stream._writableState];
  if (r || w) return Boolean(r?.closed || w?.closed);
  return typeof stream._closed === 'boolean' && typeof stream._defaultKeepAlive === 'boolean' ? stream._closed : undefined;
};
const willEmitClose = (stream) => {
  const state = stream._writableState ?? stream._readableState;
  if (!state) return stream._sent100 !== undefined && stream._removedConnection !== undefined && stream.req !== undefined;
  return Boolean(state.autoDestroy && state.emitClose && state.closed === false);
};

function once(callback) {
  let isCalled = false;
  return function (...args) {
    if (isCalled) return;
    isCalled = true;
    Reflect.apply(callback, this, args);
  };
}

function finished(stream, options, callback) {
  if (arguments.length === 2) [options, callback] = [{}, options];
  else if (options == null) options = {};
  else validate.object(options, 'options');
  validate.function(callback, 'callback');
  validate.abortSignal(options.signal, 'options.signal');
  if (!isStream(stream)) throw new codes.ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  // The callback runs in the context it was given in, whoever ends the stream.
  callback = once(require('node:async_hooks').AsyncResource.bind(callback, 'STREAM_END_OF_STREAM'));

  const waitsForRead = options.readable ?? isReadableKind(stream);
  const waitsForWrite = options.writable ?? isWritableKind(stream);
  let closes = willEmitClose(stream) && isReadableKind(stream) === waitsForRead && isWritableKind(stream) === waitsForWrite;
  const isLegacyEnd = () => {
    if (!stream.writable) onFinish();
  };

  let isWritten = isWritableOver(stream, false);
  const onFinish = () => {
    isWritten = true;
    // `close` comes by itself, and is the end then.
    if (stream.destroyed) closes = false;
    if (closes && (!stream.readable || waitsForRead)) return;
    if (!waitsForRead || isRead) callback.call(stream);
  };
  let isRead = isReadableOver(stream, false);
  const onEnd = () => {
    isRead = true;
    if (stream.destroyed) closes = false;
    if (closes && (!stream.writable || waitsForWrite)) return;
    if (!waitsForWrite || isWritten) callback.call(stream);
  };
  const onError = (error) => callback.call(stream, error);

  let isOver = isClosed(stream);
  const onClose = () => {
    isOver = true;
    const error = errorOf(stream);
    if (error && typeof error !== 'boolean') return callback.call(stream, error);
    if (waitsForRead && !isRead && typeof stream.resume === 'function' && isReadableKind(stream) && !isReadableOver(stream, false)) {
      return callback.call(stream, new codes.ERR_STREAM_PREMATURE_CLOSE());
    }
    if (waitsForWrite && !isWritten && !isWritableOver(stream, false)) {
      return callback.call(stream, new codes.ERR_STREAM_PREMATURE_CLOSE());
    }
    return callback.call(stream);
  };
  const onClosed = () => {
    isOver = true;
    const error = errorOf(stream);
    if (error && typeof error !== 'boolean') callback.call(stream, error);
    else callback.call(stream);
  };
  const onRequest = () => stream.req.on('finish', onFinish);

  if (isRequest(stream)) {
    stream.on('complete', onFinish);
    if (!closes) stream.on('abort', onClose);
    if (stream.req) onRequest();
    else stream.on('request', onRequest);
  } else if (waitsForWrite && !stream._writableState) {
    stream.on('end', isLegacyEnd);
    stream.on('close', isLegacyEnd);
  }
  if (!closes && typeof stream.aborted === 'boolean') stream.on('aborted', onClose);
  stream.on('end', onEnd);
  stream.on('finish', onFinish);
  if (options.error !== false) stream.on('error', onError);
  stream.on('close', onClose);

  if (isOver) {
    nextTick(onClose);
  } else if (stream._writableState?.errorEmitted || stream._readableState?.errorEmitted) {
    if (!closes) nextTick(onClosed);
  } else if (!waitsForRead && (!closes || isOpen.readable(stream)) && (isWritten || !isOpen.writable(stream)) && isWritableOver(stream, false) !== null) {
    nextTick(onClosed);
  } else if (!waitsForWrite && (!closes || isOpen.writable(stream)) && (isRead || !isOpen.readable(stream)) && isReadableOver(stream, false) !== null) {
    nextTick(onClosed);
  }

  const cleanup = () => {
    callback = () => {};
    for (const [event, listener] of [['aborted', onClose], ['complete', onFinish], ['abort', onClose], ['request', onRequest],
      ['end', isLegacyEnd], ['close', isLegacyEnd], ['finish', onFinish], ['end', onEnd], ['error', onError], ['close', onClose]]) {
      stream.removeListener(event, listener);
    }
    if (stream.req) stream.req.removeListener?.('finish', onFinish);
  };
  if (options.signal && !isOver) abortsWith(options.signal, stream, cleanup);
  return cleanup;

  function abortsWith(signal, of, forget) {
    const abort = () => {
      const end = callback;
      forget();
      end.call(of, new AbortError(undefined, { cause: signal.reason }));
    };
    if (signal.aborted) {
      nextTick(abort);
      return;
    }
    const { addAbortListener } = require('node:events');
    const disposable = addAbortListener(signal, abort);
    const original = callback;
    callback = once(function (...args) {
      disposable[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
      Reflect.apply(original, of, args);
    });
  }
}

function addAbortSignal(signal, stream) {
  if (signal === null || typeof signal !== 'object' || !('aborted' in signal)) {
    throw new codes.ERR_INVALID_ARG_TYPE('signal', 'AbortSignal', signal);
  }
  if (!isStream(stream)) throw new codes.ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  const abort = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
  if (signal.aborted) {
    abort();
  } else {
    const { addAbortListener } = require('node:events');
    const disposable = addAbortListener(signal, abort);
    finished(stream, () => disposable[Symbol.dispose ?? Symbol.for('Symbol.dispose')]());
  }
  return stream;
}

module.exports = { finished, addAbortSignal, isStream, isReadableKind, isWritableKind, isReadableOver, isWritableOver };
