// `pipeline`: streams, iterables and generators, one into the next; all of them end when one fails.
//
// Required as `internal/stream_pipeline`. Needs of `internal`: `nextTick`.
'use strict';

const { AbortError, codes, validate } = require('internal/errors');
const { destroyer } = require('internal/stream_destroy');
const { finished, isStream, isReadableKind, isWritableKind } = require('internal/stream_end');

const { nextTick } = internal;

const isIterable = (value) =>
  value != null && (typeof value[Symbol.asyncIterator] === 'function' || typeof value[Symbol.iterator] === 'function');

function pipeline(...streams) {
  const callback = streams.pop();
  validate.function(callback, 'streams[stream.length - 1]');
  return run(streams.length === 1 && Array.isArray(streams[0]) ? streams[0] : streams, callback);
}

// `options`: `signal` ends all of them, `end` says whether the last is ended with the first.
function run(streams, callback, options) {
  if (streams.length < 2) throw new codes.ERR_MISSING_ARGS('streams');
  const { signal } = options ?? {};
  const endsLast = options?.end !== false;
  validate.abortSignal(signal, 'options.signal');

  const watched = [];
  const open = new Set();
  let error;
  let value;
  let left = 0;
  let isDone = false;

  const done = (failed, isLast) => {
    if (failed && (!error || error.code === 'ERR_STREAM_PREMATURE_CLOSE')) error = failed;
    if (!error && !isLast) return;
    for (const stop of watched.splice(0)) stop(error);
    if (!isLast || isDone) return;
    isDone = true;
    nextTick(callback, error, value);
  };
  const one = (failed) => {
    left -= 1;
    done(failed, left === 0);
  };

  const abort = () => done(new AbortError(undefined, { cause: signal?.reason }), left === 0);
  let disposable;
  if (signal) disposable = require('node:events').addAbortListener(signal, abort);
  const inner = callback;
  callback = (...args) => {
    disposable?.[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    inner(...args);
  };
  left += 1;

  // Ends `stream` with what the whole failed with, and counts it.
  const watch = (stream, reading, writing) => {
    left += 1;
    open.add(stream);
    finished(stream, { readable: reading, writable: writing }, (failed) => {
      open.delete(stream);
      const isQuiet = failed?.code === 'ERR_STREAM_PREMATURE_CLOSE' && reading && stream._readableState?.ended && !stream._readableState.errored;
      one(isQuiet ? undefined : failed);
    });
    watched.push((failed) => {
      if (!failed || !open.delete(stream)) return;
      destroyer(stream, failed);
    });
  };

  let current;
  streams.forEach((stream, i) => {
    const isFirst = i === 0;
    const isLast = i === streams.length - 1;
    if (isStream(stream)) {
      // The last may be left open.
      if (endsLast || !isLast) watch(stream, !isLast && isReadableKind(stream), !isFirst && isWritableKind(stream));
      if (isFirst) current = stream;
      else into(current, stream, !isLast || endsLast);
      current = stream;
    } else if (typeof stream === 'function') {
      current = isFirst ? stream({ signal }) : stream(toIterable(current), { signal });
      if (isFirst && !isIterable(current)) throw new codes.ERR_INVALID_RETURN_VALUE('Iterable, AsyncIterable or Stream', 'source', current);
      if (isLast && typeof current?.then === 'function') return awaits(current);
      if (isLast && isIterable(current)) return awaits(drain(current));
      if (!isIterable(current) && !isStream(current)) {
        throw new codes.ERR_INVALID_RETURN_VALUE(isLast ? 'AsyncIterable or Promise' : 'AsyncIterable', `transform[${i - 1}]`, current);
      }
    } else if (isFirst && isIterable(stream)) {
      current = stream;
    } else {
      throw new codes.ERR_INVALID_ARG_TYPE(isFirst ? 'source' : `streams[${i}]`, ['Stream', 'Iterable', 'AsyncIterable', 'Function'], stream);
    }
    return undefined;
  });
  one();
  return typeof current?.on === 'function' ? current : require('internal/stream_readable').Readable.from([]);

  function awaits(promise) {
    left += 1;
    promise.then(
      (result) => {
        value = result;
        nextTick(one);
      },
      (failed) => nextTick(one, failed),
    );
    current = undefined;
  }

  function into(source, dest, ends) {
    if (source?._readableState && typeof source.pipe === 'function') {
      source.pipe(dest, { end: false });
      if (!ends) return;
      const end = () => dest.end();
      if (source._readableState.endEmitted) nextTick(end);
      else source.once('end', end);
      return;
    }
    left += 1;
    pump(toIterable(source), dest, ends).then(() => one(), (failed) => one(failed));
  }
}

const toIterable = (source) => source;

async function drain(iterable) {
  for await (const chunk of iterable) void chunk;
}

// Writes what an iterable gives, at the pace of the stream.
async function pump(iterable, dest, ends) {
  let wake;
  let failure;
  const forget = finished(dest, { readable: false }, (error) => {
    failure = error ?? null;
    wake?.();
  });
  const onDrain = () => wake?.();
  dest.on('drain', onDrain);
  try {
    for await (const chunk of iterable) {
      if (failure) throw failure;
      if (failure === null) return;
      if (!dest.write(chunk)) {
        await new Promise((resolve) => {
          wake = resolve;
          if (!dest.writableNeedDrain || failure !== undefined) resolve();
        });
      }
    }
    if (failure) throw failure;
    if (ends) dest.end();
  } catch (error) {
    destroyer(dest, error);
    throw error;
  } finally {
    forget();
    dest.off('drain', onDrain);
  }
}

module.exports = { pipeline, run };
