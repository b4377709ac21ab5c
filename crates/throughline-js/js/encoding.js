// UTF-8 in JavaScript, `TextEncoder` and `TextDecoder`, for engines that have none of their own.
//
// Required as `internal/encoding`. Needs of `internal`: nothing.
'use strict';

const { codes, validate } = require('internal/errors');
const { types } = require('internal/types');

// ---- UTF-8 -----------------------------------------------------------------------------------------------------------

function encodeUtf8(text) {
  const bytes = [];
  for (const char of text.toWellFormed()) {
    const point = char.codePointAt(0);
    if (point < 0x80) bytes.push(point);
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f));
    else if (point < 0x10000)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      );
  }
  return bytes;
}

// What begins at `at`: a character and its length; or no character, and the length one replacement stands for. `cut` says
// that the bytes ended inside of what may still become a character.
function sequenceAt(bytes, at) {
  const lead = bytes[at];
  if (lead < 0x80) return { point: lead, length: 1 };
  const count =
    lead >= 0xc2 && lead <= 0xdf
      ? 1
      : lead >= 0xe0 && lead <= 0xef
        ? 2
        : lead >= 0xf0 && lead <= 0xf4
          ? 3
          : 0;
  if (count === 0) return { point: undefined, length: 1 };
  let point = lead & (0x3f >> count);
  for (let i = 1; i <= count; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) return { point: undefined, length: i, cut: true };
    const low = i === 1 && lead === 0xe0 ? 0xa0 : i === 1 && lead === 0xf0 ? 0x90 : 0x80;
    const high = i === 1 && lead === 0xed ? 0x9f : i === 1 && lead === 0xf4 ? 0x8f : 0xbf;
    if (byte < low || byte > high) return { point: undefined, length: i };
    point = (point << 6) | (byte & 0x3f);
  }
  return { point, length: count + 1 };
}

// The text of `bytes`. `invalid` is called for what is no UTF-8; with `more`, an unfinished end is left and its start told.
function decodeUtf8(bytes, invalid = () => {}, more = false) {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const { point, length, cut } = sequenceAt(bytes, at);
    if (cut && more) break;
    if (point === undefined) invalid();
    text += point === undefined ? '\ufffd' : String.fromCodePoint(point);
    at += length;
  }
  return { text, used: at };
}

// ---- TextEncoder, TextDecoder ----------------------------------------------------------------------------------------

class TextEncoder {
  #brand = true;

  get encoding() {
    void this.#brand;
    return 'utf-8';
  }

  encode(input = '') {
    void this.#brand;
    return Uint8Array.from(encodeUtf8(`${input}`));
  }

  encodeInto(source, destination) {
    validate.string(source, 'src');
    if (!types.isUint8Array(destination))
      throw new codes.ERR_INVALID_ARG_TYPE('dest', 'Uint8Array', destination);
    let read = 0;
    let written = 0;
    for (const char of source) {
      const bytes = encodeUtf8(char);
      if (written + bytes.length > destination.length) break;
      destination.set(bytes, written);
      written += bytes.length;
      read += char.length;
    }
    return { read, written };
  }
}

const LABELS = {
  __proto__: null,
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'unicode-1-1-utf-8': 'utf-8',
  unicode11utf8: 'utf-8',
  unicode20utf8: 'utf-8',
  'x-unicode20utf8': 'utf-8',
  'utf-16le': 'utf-16le',
  'utf-16': 'utf-16le',
  'ucs-2': 'utf-16le',
  unicode: 'utf-16le',
  'iso-10646-ucs-2': 'utf-16le',
  csunicode: 'utf-16le',
  'utf-16be': 'utf-16be',
  unicodefffe: 'utf-16be',
};

function viewOf(input) {
  if (types.isAnyArrayBuffer(input)) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const message =
    'The "list" argument must be an instance of SharedArrayBuffer, ArrayBuffer or ArrayBufferView.';
  throw Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}

class TextDecoder {
  #encoding;
  #fatal;
  #ignoreBOM;
  // What an unfinished stream left over, and whether its start was seen.
  #rest = [];
  #started = false;

  constructor(label = 'utf-8', options = {}) {
    const encoding = LABELS[`${label}`.trim().toLowerCase()];
    if (encoding === undefined) throw new codes.ERR_ENCODING_NOT_SUPPORTED(`${label}`);
    validate.object(options ?? {}, 'options');
    this.#encoding = encoding;
    this.#fatal = Boolean(options?.fatal);
    this.#ignoreBOM = Boolean(options?.ignoreBOM);
  }

  get encoding() {
    return this.#encoding;
  }

  get fatal() {
    return this.#fatal;
  }

  get ignoreBOM() {
    return this.#ignoreBOM;
  }

  decode(input = new Uint8Array(0), options = {}) {
    const bytes = [...this.#rest, ...viewOf(input)];
    const more = Boolean(options?.stream);
    const invalid = () => {
      if (!this.#fatal) return;
      this.#rest = [];
      this.#started = false;
      throw new codes.ERR_ENCODING_INVALID_ENCODED_DATA(this.#encoding);
    };
    let { text, used } =
      this.#encoding === 'utf-8' ? decodeUtf8(bytes, invalid, more) : this.#decodeUtf16(bytes, invalid, more);
    this.#rest = more ? bytes.slice(used) : [];
    if (!this.#started && text !== '') {
      this.#started = true;
      if (!this.#ignoreBOM && text.startsWith('\ufeff')) text = text.slice(1);
    }
    if (!more) this.#started = false;
    return text;
  }

  #decodeUtf16(bytes, invalid, more) {
    const big = this.#encoding === 'utf-16be' ? 1 : 0;
    const unit = (at) => bytes[at + 1 - big] * 256 + bytes[at + big];
    let text = '';
    let at = 0;
    for (; at + 1 < bytes.length; at += 2) {
      const first = unit(at);
      if (more && first >= 0xd800 && first <= 0xdbff && at + 3 >= bytes.length) return { text, used: at };
      text += String.fromCharCode(first);
    }
    if (!more && at < bytes.length) {
      invalid();
      text += '\ufffd';
      at = bytes.length;
    }
    if (!text.isWellFormed()) invalid();
    return { text: text.toWellFormed(), used: at };
  }
}

for (const Class of [TextEncoder, TextDecoder]) {
  Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
}

module.exports = { encodeUtf8, decodeUtf8, TextEncoder, TextDecoder };
