// What all streams have in common: the legacy `Stream`, and how much a stream holds before it asks to wait.
//
// Required as `internal/stream_base`.
'use strict';

const EventEmitter = require('node:events');
const { codes, validate } = require('internal/errors');

function Stream(options) {
  EventEmitter.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

// Streams of before `Readable`: they pause, resume, and emit what they have.
Stream.prototype.pipe = function pipe(dest, options) {
  const source = this;
  const onData = (chunk) => {
    if (dest.writable && dest.write(chunk) === false && source.pause) source.pause();
  };
  const onDrain = () => {
    if (source.readable && source.resume) source.resume();
  };
  let isOver = false;
  const onEnd = () => {
    if (isOver) return;
    isOver = true;
    dest.end();
  };
  const onClose = () => {
    if (isOver) return;
    isOver = true;
    if (typeof dest.destroy === 'function') dest.destroy();
  };
  function onError(error) {
    cleanup();
    if (EventEmitter.listenerCount(this, 'error') === 0) this.emit('error', error);
  }
  const cleanup = () => {
    source.off('data', onData);
    dest.off('drain', onDrain);
    source.off('end', onEnd);
    source.off('close', onClose);
    source.off('error', onError);
    dest.off('error', onError);
    source.off('end', cleanup);
    source.off('close', cleanup);
    dest.off('close', cleanup);
  };
  source.on('data', onData);
  dest.on('drain', onDrain);
  if (!dest._isStdio && options?.end !== false) {
    source.on('end', onEnd);
    source.on('close', onClose);
  }
  source.prependListener('error', onError);
  dest.prependListener('error', onError);
  source.on('end', cleanup);
  source.on('close', cleanup);
  dest.on('close', cleanup);
  dest.emit('pipe', source);
  return dest;
};

Stream.prototype.eventNames = function eventNames() {
  return EventEmitter.prototype.eventNames.call(this).filter((name) => this.listenerCount(name) > 0);
};

const most = { bytes: 64 * 1024, objects: 16 };

const getDefaultHighWaterMark = (objectMode) => (objectMode ? most.objects : most.bytes);

function setDefaultHighWaterMark(objectMode, value) {
  validate.integer(value, 'value', 0);
  most[objectMode ? 'objects' : 'bytes'] = value;
}

// `half` is what the option is called for one half of a duplex.
function highWaterMarkOf(state, options, half, isDuplex) {
  const own = isDuplex ? options?.[half] : undefined;
  const value = options?.highWaterMark ?? own;
  if (value === undefined || value === null) return getDefaultHighWaterMark(state.objectMode);
  if (!Number.isInteger(value) || value < 0) {
    const name = options?.highWaterMark == null ? `options.${half}` : 'options.highWaterMark';
    throw new codes.ERR_INVALID_ARG_VALUE(name, value);
  }
  return Math.floor(value);
}

// An option that is there for a stream, and for one half of a duplex by another name.
const optionOf = (options, name, half, isDuplex) => Boolean(options?.[name] || (isDuplex && options?.[half]));

// The state's own words, as getters of the stream.
function define(prototype, getters) {
  for (const [name, { get, set }] of Object.entries(getters)) {
    Object.defineProperty(prototype, name, { configurable: true, enumerable: false, get, set });
  }
}

module.exports = { Stream, getDefaultHighWaterMark, setDefaultHighWaterMark, highWaterMarkOf, optionOf, define };
