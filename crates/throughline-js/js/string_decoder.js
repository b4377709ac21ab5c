// `node:string_decoder`: bytes that come in pieces, as text whose characters are whole.
'use strict';

const { Buffer } = require('node:buffer');
const { codes } = require('internal/errors');

// How many bytes at the end of `bytes` are the begin of a character that is not there yet.
const UNFINISHED = {
  __proto__: null,
  utf8(bytes) {
    for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
      const byte = bytes[bytes.length - back];
      if ((byte & 0xc0) === 0x80) continue;
      const length = (byte & 0xe0) === 0xc0 ? 2 : (byte & 0xf0) === 0xe0 ? 3 : (byte & 0xf8) === 0xf0 ? 4 : 1;
      return length > back ? back : 0;
    }
    return 0;
  },
  utf16le(bytes) {
    const odd = bytes.length % 2;
    const last = bytes[bytes.length - odd - 1];
    return bytes.length - odd >= 2 && last >= 0xd8 && last <= 0xdb ? odd + 2 : odd;
  },
  base64: (bytes) => bytes.length % 3,
  base64url: (bytes) => bytes.length % 3,
};

const NAMES = { __proto__: null, 'utf-8': 'utf8', 'ucs2': 'utf16le', 'ucs-2': 'utf16le', 'utf-16le': 'utf16le', 'binary': 'latin1' };

function normalize(name) {
  if (name === undefined || name === null || name === '') return 'utf8';
  const lower = `${name}`.toLowerCase();
  if (!Buffer.isEncoding(lower)) throw new codes.ERR_UNKNOWN_ENCODING(name);
  return NAMES[lower] ?? lower;
}

function StringDecoder(encoding) {
  this.encoding = normalize(encoding);
  Object.defineProperty(this, 'rest', { value: Buffer.alloc(0), writable: true, configurable: true });
}

StringDecoder.prototype.write = function write(chunk) {
  if (typeof chunk === 'string') return chunk;
  if (!ArrayBuffer.isView(chunk)) throw new codes.ERR_INVALID_ARG_TYPE('buf', ['Buffer', 'TypedArray', 'DataView'], chunk);
  const part = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const bytes = this.rest.length === 0 ? part : Buffer.concat([this.rest, part]);
  const keep = UNFINISHED[this.encoding]?.(bytes) ?? 0;
  // A copy: whoever gave the bytes may use them again.
  this.rest = Buffer.from(bytes.subarray(bytes.length - keep));
  return bytes.toString(this.encoding, 0, bytes.length - keep);
};

StringDecoder.prototype.end = function end(chunk) {
  const text = chunk === undefined ? '' : this.write(chunk);
  const { rest } = this;
  this.rest = Buffer.alloc(0);
  return text + rest.toString(this.encoding);
};

StringDecoder.prototype.text = function text(bytes, offset) {
  this.rest = Buffer.alloc(0);
  return this.write(bytes.subarray(offset));
};

module.exports = { StringDecoder };
