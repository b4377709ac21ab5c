// `node:stream`.
'use strict';

const promisify = Symbol.for('nodejs.util.promisify.custom');
const { Stream, getDefaultHighWaterMark, setDefaultHighWaterMark } = require('internal/stream_base');
const { Duplex, Transform, PassThrough } = require('internal/stream_duplex');
const { Readable } = require('internal/stream_readable');
const { Writable } = require('internal/stream_writable');
const { finished, addAbortSignal, isStream } = require('internal/stream_end');
const { pipeline } = require('internal/stream_pipeline');
const { destroyer, isDestroyed } = require('internal/stream_destroy');

const stateOf = (stream) => stream?._readableState ?? stream?._writableState;

module.exports = Object.assign(Stream, {
  Stream,
  Readable,
  Writable,
  Duplex,
  Transform,
  PassThrough,
  finished,
  pipeline,
  addAbortSignal,
  getDefaultHighWaterMark,
  setDefaultHighWaterMark,
  destroy: (stream, error) => {
    destroyer(stream, error);
    return stream;
  },
  isDestroyed: (stream) => (isStream(stream) ? isDestroyed(stream) : null),
  isErrored: (stream) => Boolean(stateOf(stream)?.errored),
  isDisturbed: (stream) => Boolean(stream?._readableState && (stream.readableDidRead || stream.readableAborted)),
  isReadable: (stream) => (typeof stream?.readable === 'boolean' ? stream.readable && !stream.destroyed : null),
  isWritable: (stream) => (typeof stream?.writable === 'boolean' ? stream.writable && !stream.destroyed : null),
});

for (const [fn, name] of [[finished, 'finished'], [pipeline, 'pipeline']]) {
  Object.defineProperty(fn, promisify, { enumerable: true, get: () => require('node:stream/promises')[name] });
}
Object.defineProperty(Stream, 'promises', {
  configurable: true,
  enumerable: true,
  get: () => require('node:stream/promises'),
});
