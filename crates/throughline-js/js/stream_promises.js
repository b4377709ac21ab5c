// `node:stream/promises`.
'use strict';

const { run } = require('internal/stream_pipeline');
const { finished, isStream } = require('internal/stream_end');

const isOptions = (value) =>
  value !== null && typeof value === 'object' && !isStream(value) && typeof value[Symbol.asyncIterator] !== 'function' &&
  typeof value[Symbol.iterator] !== 'function';

function pipeline(...streams) {
  return new Promise((resolve, reject) => {
    const options = isOptions(streams[streams.length - 1]) ? streams.pop() : undefined;
    const list = streams.length === 1 && Array.isArray(streams[0]) ? streams[0] : streams;
    run(list, (error, value) => (error ? reject(error) : resolve(value)), options);
  });
}

module.exports = {
  finished: (stream, options) =>
    new Promise((resolve, reject) => {
      const forget = finished(stream, options ?? {}, (error) => {
        if (options?.cleanup) forget();
        if (error) reject(error);
        else resolve();
      });
    }),
  pipeline,
};
