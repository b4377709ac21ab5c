// `node:buffer`: `Buffer`, as far as ordinary programs use it, over the engine's `Uint8Array`.
//
// LLRT has a module of the kind (`llrt_buffer`); it is written on rquickjs 0.11, whose engine cannot be linked beside that of 0.14, and each call of
// it asks the engine for its arguments again. Here the numbers are the engine's `DataView`, and texts are turned to bytes and back in Rust.
//
// Needs of `internal`: `codec`, whose functions take and give texts, `Uint8Array`s and ranges in them:
//   utf8Bytes(text), utf8Text(bytes, start, end), utf8Length(text), latin1Bytes, latin1Text, base64Bytes, base64Text, base64urlText, hexBytes, hexText
'use strict';

const { codes, validate, DOMException } = require('internal/errors');
const { codec } = internal;

const customInspect = Symbol.for('nodejs.util.inspect.custom');
const kMaxLength = Number.MAX_SAFE_INTEGER;
const kStringMaxLength = 2 ** 29 - 24;

class FastBuffer extends Uint8Array {}

// Called as a function or made with `new`, as old programs do.
function Buffer(arg, encodingOrOffset, length) {
  if (typeof arg === 'number') {
    if (typeof encodingOrOffset === 'string') throw new codes.ERR_INVALID_ARG_TYPE('string', 'string', arg);
    return Buffer.alloc(arg);
  }
  return Buffer.from(arg, encodingOrOffset, length);
}

FastBuffer.prototype.constructor = Buffer;
Buffer.prototype = FastBuffer.prototype;
Object.defineProperty(Buffer, Symbol.species, { configurable: true, enumerable: false, get: () => FastBuffer });
Object.setPrototypeOf(Buffer, Uint8Array);

const isBytes = (value) => value instanceof Uint8Array;
const isAnyBuffer = (value) =>
  value instanceof ArrayBuffer || (typeof SharedArrayBuffer === 'function' && value instanceof SharedArrayBuffer);
const asBuffer = (bytes) => Object.setPrototypeOf(bytes, FastBuffer.prototype);

// ---- Encodings -------------------------------------------------------------------------------------------------------

const wholeText = (text) => (text.isWellFormed() ? text : text.toWellFormed());

function utf16Bytes(text) {
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i += 1) view.setUint16(i * 2, text.charCodeAt(i), true);
  return bytes;
}

function utf16Text(bytes, start, end) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = [];
  for (let at = start; at + 1 < end; ) {
    const units = [];
    for (; at + 1 < end && units.length < 4096; at += 2) units.push(view.getUint16(at, true));
    parts.push(String.fromCharCode(...units));
  }
  return parts.join('');
}

function base64Length(text) {
  let length = text.length;
  if (length > 0 && text.charCodeAt(length - 1) === 0x3d) length -= 1;
  if (length > 1 && text.charCodeAt(length - 1) === 0x3d) length -= 1;
  return (length * 3) >>> 2;
}

const utf8 = {
  name: 'utf8',
  bytes: (text) => codec.utf8Bytes(wholeText(text)),
  text: (bytes, start, end) => codec.utf8Text(bytes, start, end),
  length: (text) => codec.utf8Length(wholeText(text)),
};
const utf16le = { name: 'utf16le', bytes: utf16Bytes, text: utf16Text, length: (text) => text.length * 2 };
const latin1 = {
  name: 'latin1',
  bytes: (text) => (text.isWellFormed() ? codec.latin1Bytes(text) : Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))),
  text: (bytes, start, end) => codec.latin1Text(bytes, start, end),
  length: (text) => text.length,
};
const ascii = {
  ...latin1,
  name: 'ascii',
  text: (bytes, start, end) => codec.latin1Text(bytes.slice(start, end).map((byte) => byte & 0x7f), 0, end - start),
};
const base64 = {
  name: 'base64',
  bytes: (text) => codec.base64Bytes(wholeText(text)),
  text: (bytes, start, end) => codec.base64Text(bytes, start, end),
  length: base64Length,
};
const base64url = { ...base64, name: 'base64url', text: (bytes, start, end) => codec.base64urlText(bytes, start, end) };
const hex = {
  name: 'hex',
  bytes: (text) => codec.hexBytes(wholeText(text)),
  text: (bytes, start, end) => codec.hexText(bytes, start, end),
  length: (text) => text.length >>> 1,
};

const ENCODINGS = {
  __proto__: null,
  'utf8': utf8, 'utf-8': utf8, 'ucs2': utf16le, 'ucs-2': utf16le, 'utf16le': utf16le, 'utf-16le': utf16le,
  latin1, 'binary': latin1, ascii, base64, base64url, hex,
};

const encodingOf = (name) => ENCODINGS[name] ?? ENCODINGS[`${name}`.toLowerCase()];

function encoding(name) {
  if (name === undefined || name === null || name === '') return utf8;
  const known = encodingOf(name);
  if (known === undefined) throw new codes.ERR_UNKNOWN_ENCODING(name);
  return known;
}

// ---- Making ----------------------------------------------------------------------------------------------------------

function checkSize(size) {
  validate.number(size, 'size', 0, kMaxLength);
}

const fromText = (text, name) => asBuffer(encoding(typeof name === 'string' ? name : undefined).bytes(text));

function fromArrayBuffer(buffer, byteOffset, length) {
  if (byteOffset === undefined) {
    byteOffset = 0;
  } else {
    byteOffset = +byteOffset;
    if (Number.isNaN(byteOffset)) byteOffset = 0;
  }
  const most = buffer.byteLength - byteOffset;
  if (most < 0) throw new codes.ERR_BUFFER_OUT_OF_BOUNDS('offset');
  if (length === undefined) {
    length = most;
  } else {
    length = +length;
    if (!(length > 0)) length = 0;
    else if (length > most) throw new codes.ERR_BUFFER_OUT_OF_BOUNDS('length');
  }
  return new FastBuffer(buffer, byteOffset, length);
}

function fromArrayLike(list) {
  if (!(list.length > 0)) return new FastBuffer();
  if (isBytes(list)) return new FastBuffer(list);
  const buffer = new FastBuffer(list.length);
  for (let i = 0; i < buffer.length; i += 1) buffer[i] = list[i];
  return buffer;
}

function fromObject(object) {
  if (object.length !== undefined || isAnyBuffer(object.buffer)) {
    return typeof object.length === 'number' ? fromArrayLike(object) : new FastBuffer();
  }
  if (object.type === 'Buffer' && Array.isArray(object.data)) return fromArrayLike(object.data);
  return undefined;
}

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === 'string') return fromText(value, encodingOrOffset);
  if (typeof value === 'object' && value !== null) {
    if (isAnyBuffer(value)) return fromArrayBuffer(value, encodingOrOffset, length);
    const valueOf = value.valueOf?.();
    if (valueOf != null && valueOf !== value && (typeof valueOf === 'string' || typeof valueOf === 'object')) {
      return from(valueOf, encodingOrOffset, length);
    }
    const made = fromObject(value);
    if (made !== undefined) return made;
    if (typeof value[Symbol.toPrimitive] === 'function') {
      const primitive = value[Symbol.toPrimitive]('string');
      if (typeof primitive === 'string') return fromText(primitive, encodingOrOffset);
    }
  }
  throw new codes.ERR_INVALID_ARG_TYPE(
    'first argument', ['string', 'Buffer', 'ArrayBuffer', 'Array', 'Array-like Object'], value);
};

Buffer.copyBytesFrom = function copyBytesFrom(view, offset, length) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView) throw new codes.ERR_INVALID_ARG_TYPE('view', ['TypedArray'], view);
  if (offset !== undefined) validate.integer(offset, 'offset', 0);
  if (length !== undefined) validate.integer(length, 'length', 0);
  const start = offset ?? 0;
  const part = view.slice(start, length === undefined ? undefined : start + length);
  return new FastBuffer(part.buffer, part.byteOffset, part.byteLength);
};

Buffer.of = (...items) => fromArrayLike(items);

Buffer.alloc = function alloc(size, fill, name) {
  checkSize(size);
  const buffer = new FastBuffer(size);
  return fill !== undefined && fill !== 0 && size > 0 ? buffer.fill(fill, 0, size, name) : buffer;
};

// The engine clears what it allots, so that these are as safe as `alloc`.
Buffer.allocUnsafe = Buffer.allocUnsafeSlow = function allocUnsafe(size) {
  checkSize(size);
  return new FastBuffer(size);
};

Buffer.concat = function concat(list, length) {
  validate.array(list, 'list');
  list.forEach((item, i) => {
    if (!isBytes(item)) throw new codes.ERR_INVALID_ARG_TYPE(`list[${i}]`, ['Buffer', 'Uint8Array'], item);
  });
  if (length === undefined) length = list.reduce((sum, item) => sum + item.length, 0);
  else validate.integer(length, 'length', 0);
  const buffer = new FastBuffer(length);
  let at = 0;
  for (const item of list) {
    if (at + item.length > length) {
      buffer.set(item.subarray(0, length - at), at);
      break;
    }
    buffer.set(item, at);
    at += item.length;
  }
  return buffer;
};

Buffer.byteLength = function byteLength(value, name) {
  if (typeof value === 'string') return (encodingOf(name) ?? utf8).length(value);
  if (ArrayBuffer.isView(value) || isAnyBuffer(value)) return value.byteLength;
  throw new codes.ERR_INVALID_ARG_TYPE('string', ['string', 'Buffer', 'ArrayBuffer'], value);
};

Buffer.isBuffer = (value) => value instanceof Buffer;
Buffer.isEncoding = (name) => typeof name === 'string' && name.length !== 0 && encodingOf(name) !== undefined;
Buffer.poolSize = 64 * 1024;

function compareBytes(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return Math.sign(a.length - b.length);
}

Buffer.compare = function compare(a, b) {
  if (!isBytes(a)) throw new codes.ERR_INVALID_ARG_TYPE('buf1', ['Buffer', 'Uint8Array'], a);
  if (!isBytes(b)) throw new codes.ERR_INVALID_ARG_TYPE('buf2', ['Buffer', 'Uint8Array'], b);
  return a === b ? 0 : compareBytes(a, b);
};

// ---- Texts -----------------------------------------------------------------------------------------------------------

const proto = Buffer.prototype;

const position = (value, otherwise, most) => {
  if (value === undefined) return otherwise;
  const whole = Math.trunc(+value) || 0;
  return whole < 0 ? 0 : Math.min(whole, most);
};

proto.toString = function toString(name, start, end) {
  const from = position(start, 0, this.length);
  const to = position(end, this.length, this.length);
  if (to <= from) return '';
  // Here alone an empty name is none.
  if (name === '' || name === null) throw new codes.ERR_UNKNOWN_ENCODING(name);
  return encoding(name).text(this, from, to);
};
proto.toLocaleString = proto.toString;

proto.write = function write(text, offset, length, name) {
  if (typeof offset === 'string') {
    name = offset;
    offset = length = undefined;
  } else if (typeof length === 'string') {
    name = length;
    length = undefined;
  }
  if (typeof text !== 'string') {
    throw Object.assign(new TypeError('argument must be a string'), { code: 'ERR_INVALID_ARG_TYPE' });
  }
  const from = offset === undefined ? 0 : (validate.integer(offset, 'offset', 0, this.length), offset);
  const room = this.length - from;
  if (length !== undefined) validate.integer(length, 'length', 0, this.length);
  return writeText(this, text, from, Math.min(length ?? room, room), encoding(name));
};

// No character is written in part.
function writeText(buffer, text, from, room, { name, bytes: encode }) {
  const bytes = encode(text);
  let count = Math.min(bytes.length, room);
  if (name === 'utf16le') count -= count % 2;
  if (name === 'utf8' && count < bytes.length) while (count > 0 && (bytes[count] & 0xc0) === 0x80) count -= 1;
  buffer.set(count < bytes.length ? bytes.subarray(0, count) : bytes, from);
  return count;
}

for (const { name, bytes, text } of [utf8, latin1, ascii, base64, base64url, hex, { ...utf16le, name: 'ucs2' }]) {
  const codec = { name: name === 'ucs2' ? 'utf16le' : name, bytes };
  proto[`${name}Slice`] = function (start = 0, end = this.length) {
    return text(this, start, end);
  };
  proto[`${name}Write`] = function (value, offset = 0, length = this.length - offset) {
    return writeText(this, value, offset, Math.min(length, this.length - offset), codec);
  };
}

proto.toJSON = function toJSON() {
  return { type: 'Buffer', data: Array.from(this) };
};

proto[customInspect] = function (depth, options) {
  const most = module.exports.INSPECT_MAX_BYTES;
  const shown = Math.min(most, this.length);
  let text = this.hexSlice(0, shown).replace(/(.{2})/g, '$1 ').trim();
  const more = this.length - shown;
  if (more > 0) text += ` ... ${more} more byte${more > 1 ? 's' : ''}`;
  if (options) {
    const own = Object.entries(this).filter(([key]) => !/^\d+$/.test(key));
    const { inspect } = require('node:util');
    const extras = own.map(([key, value]) => `${key}: ${inspect(value, { ...options, breakLength: Infinity, compact: true })}`);
    if (extras.length > 0) text += `${this.length > 0 ? ', ' : ''}${extras.join(', ')}`;
  }
  const { constructor } = this;
  return `<${constructor?.name ?? 'Buffer'} ${text}>`;
};
proto.inspect = proto[customInspect];

Object.defineProperty(proto, 'parent', {
  enumerable: true,
  get() {
    return this instanceof Buffer ? this.buffer : undefined;
  },
});
Object.defineProperty(proto, 'offset', {
  enumerable: true,
  get() {
    return this instanceof Buffer ? this.byteOffset : undefined;
  },
});

// ---- Parts and comparison ----------------------------------------------------------------------------------------------

proto.slice = proto.subarray = function subarray(start, end) {
  const length = this.length;
  const place = (value, otherwise) => {
    if (value === undefined) return otherwise;
    const whole = Math.trunc(+value) || 0;
    return whole < 0 ? Math.max(whole + length, 0) : Math.min(whole, length);
  };
  const from = place(start, 0);
  return new FastBuffer(this.buffer, this.byteOffset + from, Math.max(place(end, length) - from, 0));
};

proto.equals = function equals(other) {
  if (!isBytes(other)) throw new codes.ERR_INVALID_ARG_TYPE('otherBuffer', ['Buffer', 'Uint8Array'], other);
  return this === other || (this.length === other.length && compareBytes(this, other) === 0);
};

proto.compare = function compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
  if (!isBytes(target)) throw new codes.ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);
  const bound = (value, name, otherwise, most) => {
    if (value === undefined) return otherwise;
    validate.integer(value, name, 0, most);
    return value;
  };
  const from = bound(targetStart, 'targetStart', 0);
  const to = bound(targetEnd, 'targetEnd', target.length, target.length);
  const ownFrom = bound(sourceStart, 'sourceStart', 0);
  const ownTo = bound(sourceEnd, 'sourceEnd', this.length, this.length);
  if (ownFrom >= ownTo) return from >= to ? 0 : -1;
  if (from >= to) return 1;
  return compareBytes(this.subarray(ownFrom, ownTo), target.subarray(from, to));
};

proto.copy = function copy(target, targetStart, sourceStart, sourceEnd) {
  if (!ArrayBuffer.isView(target)) throw new codes.ERR_INVALID_ARG_TYPE('target', ['Buffer', 'Uint8Array'], target);
  const whole = (value, otherwise, name, most) => {
    if (value === undefined) return otherwise;
    const number = Math.trunc(+value) || 0;
    if (number < 0 || number > most) throw new codes.ERR_OUT_OF_RANGE(name, `>= 0${most === Infinity ? '' : ` && <= ${most}`}`, value);
    return number;
  };
  const at = whole(targetStart, 0, 'targetStart', Infinity);
  const from = whole(sourceStart, 0, 'sourceStart', this.length);
  const to = Math.min(whole(sourceEnd, this.length, 'sourceEnd', Infinity), this.length);
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  if (at >= bytes.length || from >= to) return 0;
  const count = Math.min(to - from, bytes.length - at);
  bytes.set(new Uint8Array(this.buffer, this.byteOffset + from, count), at);
  return count;
};

proto.fill = function fill(value, offset, end, name) {
  if (typeof offset === 'string') {
    name = offset;
    offset = end = undefined;
  } else if (typeof end === 'string') {
    name = end;
    end = undefined;
  }
  if (typeof value === 'string' && name !== undefined && typeof name !== 'string') {
    throw new codes.ERR_INVALID_ARG_TYPE('encoding', 'string', name);
  }
  const from = offset === undefined ? 0 : (validate.number(offset, 'offset', 0, this.length), offset);
  const to = end === undefined ? this.length : (validate.number(end, 'end', 0, this.length), end);
  if (from >= to) return this;
  const pattern = typeof value === 'string' ? (value === '' ? [0] : encoding(name).bytes(value)) : isBytes(value) ? value : undefined;
  if (pattern === undefined) {
    Uint8Array.prototype.fill.call(this, typeof value === 'boolean' ? +value : value & 255, from, to);
    return this;
  }
  if (pattern.length === 0) throw new codes.ERR_INVALID_ARG_VALUE('value', value);
  for (let i = from; i < to; i += 1) this[i] = pattern[(i - from) % pattern.length];
  return this;
};

// ---- Searching -------------------------------------------------------------------------------------------------------

function search(buffer, value, byteOffset, name, backwards) {
  if (typeof byteOffset === 'string') {
    name = byteOffset;
    byteOffset = undefined;
  }
  let from = +byteOffset;
  if (Number.isNaN(from)) from = backwards ? buffer.length : 0;
  from = Math.max(Math.min(Math.trunc(from), 0x7fffffff), -0x80000000);
  if (from < 0) from += buffer.length;
  if (typeof value === 'number') {
    if (from < 0 && backwards) return -1;
    const byte = value & 255;
    return backwards
      ? Uint8Array.prototype.lastIndexOf.call(buffer, byte, from)
      : Uint8Array.prototype.indexOf.call(buffer, byte, Math.max(from, 0));
  }
  let step = 1;
  if (typeof value === 'string') {
    const known = encoding(name);
    if (known === utf16le) step = 2;
    value = known.bytes(value);
  } else if (!isBytes(value)) {
    throw new codes.ERR_INVALID_ARG_TYPE('value', ['number', 'string', 'Buffer', 'Uint8Array'], value);
  }
  return searchBytes(buffer, value, from, backwards, step);
}

function searchBytes(buffer, bytes, from, backwards, step) {
  const last = buffer.length - bytes.length;
  if (from < 0) {
    if (backwards && bytes.length > 0) return -1;
    from = 0;
  }
  if (bytes.length === 0) return Math.min(from, buffer.length);
  const isHere = (at) => {
    for (let i = 0; i < bytes.length; i += 1) if (buffer[at + i] !== bytes[i]) return false;
    return true;
  };
  if (backwards) {
    for (let at = Math.min(from, last); at >= 0; at -= 1) if (at % step === 0 && isHere(at)) return at;
  } else {
    for (let at = from; at <= last; at += step) {
      if (step === 1) {
        at = Uint8Array.prototype.indexOf.call(buffer, bytes[0], at);
        if (at === -1 || at > last) return -1;
      }
      if (isHere(at)) return at;
    }
  }
  return -1;
}

proto.indexOf = function indexOf(value, byteOffset, name) {
  return search(this, value, byteOffset, name, false);
};
proto.lastIndexOf = function lastIndexOf(value, byteOffset, name) {
  return search(this, value, byteOffset, name, true);
};
proto.includes = function includes(value, byteOffset, name) {
  return this.indexOf(value, byteOffset, name) !== -1;
};

for (const size of [2, 4, 8]) {
  proto[`swap${size * 8}`] = function () {
    if (this.length % size !== 0) throw new codes.ERR_INVALID_BUFFER_SIZE(`${size * 8}-bits`);
    for (let at = 0; at < this.length; at += size) this.subarray(at, at + size).reverse();
    return this;
  };
}

// ---- Numbers ---------------------------------------------------------------------------------------------------------

const viewOf = (buffer) => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);

function checkOffset(buffer, offset, size) {
  if (typeof offset !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('offset', 'number', offset);
  const most = buffer.length - size;
  if (Number.isInteger(offset) && offset >= 0 && offset <= most) return;
  if (!Number.isInteger(offset)) throw new codes.ERR_OUT_OF_RANGE('offset', 'an integer', offset);
  if (most < 0) throw new codes.ERR_BUFFER_OUT_OF_BOUNDS();
  throw new codes.ERR_OUT_OF_RANGE('offset', `>= 0 and <= ${most}`, offset);
}

function checkValue(value, low, high, bits, signed) {
  // What is no number is written as 0.
  if (!(value < low || value > high)) return;
  const n = typeof low === 'bigint' ? 'n' : '';
  let range = `>= ${low}${n} and <= ${high}${n}`;
  if (bits > 32) range = signed ? `>= -(2${n} ** ${bits - 1}${n}) and < 2${n} ** ${bits - 1}${n}` : `>= 0${n} and < 2${n} ** ${bits}${n}`;
  throw new codes.ERR_OUT_OF_RANGE('value', range, value);
}

function define(names, read, write) {
  for (const name of names) {
    Object.defineProperty(proto, `read${name}`, { value: read, writable: true, configurable: true, enumerable: true });
    Object.defineProperty(proto, `write${name}`, { value: write, writable: true, configurable: true, enumerable: true });
  }
}

function defineWhole(signed, size) {
  const type = `${signed ? '' : 'U'}Int`;
  const bits = size * 8;
  const big = size === 8;
  const method = `${big ? (signed ? 'BigInt' : 'BigUint') : signed ? 'Int' : 'Uint'}${bits}`;
  const one = big ? 1n : 1;
  const two = big ? 2n : 2;
  const power = two ** (big ? BigInt(bits) : bits);
  const [low, high] = signed ? [-(power / two), power / two - one] : [power - power, power - one];
  for (const little of size === 1 ? [true] : [true, false]) {
    const end = size === 1 ? '' : little ? 'LE' : 'BE';
    const names = big ? [`Big${type}64${end}`] : [`${type}${bits}${end}`];
    if (!signed) names.push(big ? `BigUint64${end}` : `Uint${bits}${end}`);
    define(
      names,
      function (offset = 0) {
        checkOffset(this, offset, size);
        return viewOf(this)[`get${method}`](offset, little);
      },
      function (value, offset = 0) {
        if (!big) value = +value;
        checkValue(value, low, high, big ? 64 : 0, signed);
        checkOffset(this, offset, size);
        viewOf(this)[`set${method}`](offset, value, little);
        return offset + size;
      },
    );
  }
}
for (const size of [1, 2, 4, 8]) {
  defineWhole(true, size);
  defineWhole(false, size);
}

for (const [name, method, size] of [['Float', 'Float32', 4], ['Double', 'Float64', 8]]) {
  for (const [end, little] of [['LE', true], ['BE', false]]) {
    define(
      [`${name}${end}`],
      function (offset = 0) {
        checkOffset(this, offset, size);
        return viewOf(this)[`get${method}`](offset, little);
      },
      function (value, offset = 0) {
        value = +value;
        checkOffset(this, offset, size);
        viewOf(this)[`set${method}`](offset, value, little);
        return offset + size;
      },
    );
  }
}

// Numbers of one to six bytes.
function defineSized(signed, little) {
  const end = little ? 'LE' : 'BE';
  const names = [`${signed ? '' : 'U'}Int${end}`, ...(signed ? [] : [`Uint${end}`])];
  const checkLength = (length) => {
    if (length === undefined) throw new codes.ERR_INVALID_ARG_TYPE('byteLength', 'number', length);
    validate.integer(length, 'byteLength');
    if (length < 1 || length > 6) throw new codes.ERR_OUT_OF_RANGE('byteLength', '>= 1 and <= 6', length);
  };
  const place = (offset, length, i) => offset + (little ? i : length - 1 - i);
  define(
    names,
    function (offset, length) {
      if (offset === undefined) throw new codes.ERR_INVALID_ARG_TYPE('offset', 'number', offset);
      checkLength(length);
      checkOffset(this, offset, length);
      let value = 0;
      for (let i = length - 1; i >= 0; i -= 1) value = value * 256 + this[place(offset, length, i)];
      const half = 2 ** (length * 8 - 1);
      return signed && value >= half ? value - 2 * half : value;
    },
    function (value, offset, length) {
      checkLength(length);
      value = +value;
      const power = 2 ** (length * 8);
      checkValue(value, signed ? -power / 2 : 0, signed ? power / 2 - 1 : power - 1, length > 4 ? length * 8 : 0, signed);
      checkOffset(this, offset, length);
      let rest = value < 0 ? value + power : value;
      for (let i = 0; i < length; i += 1) {
        this[place(offset, length, i)] = rest % 256;
        rest = Math.floor(rest / 256);
      }
      return offset + length;
    },
  );
}
for (const signed of [true, false]) for (const little of [true, false]) defineSized(signed, little);

// ---- Beside `Buffer` -----------------------------------------------------------------------------------------------------

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

function atob(input) {
  if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('input');
  const text = `${input}`.replace(/[\t\n\f\r ]/g, '');
  if (!BASE64.test(text)) {
    const isCut = /^[A-Za-z0-9+/]*$/.test(text);
    const message = isCut ? 'The string to be decoded is not correctly encoded.' : 'Invalid character';
    throw new DOMException(message, 'InvalidCharacterError');
  }
  return latin1.text(base64.bytes(text), 0, base64Length(text));
}

function btoa(input) {
  if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('input');
  const text = `${input}`;
  // eslint-disable-next-line no-control-regex
  if (/[^\0-\xff]/.test(text)) throw new DOMException('Invalid character', 'InvalidCharacterError');
  const bytes = latin1.bytes(text);
  return base64.text(bytes, 0, bytes.length);
}

const bytesOf = (value) => {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (isAnyBuffer(value)) return new Uint8Array(value);
  throw new codes.ERR_INVALID_ARG_TYPE('input', ['ArrayBuffer', 'Buffer', 'TypedArray'], value);
};

module.exports = {
  Buffer,
  constants: Object.defineProperties({}, {
    MAX_LENGTH: { value: kMaxLength, enumerable: true },
    MAX_STRING_LENGTH: { value: kStringMaxLength, enumerable: true },
  }),
  kMaxLength,
  kStringMaxLength,
  INSPECT_MAX_BYTES: 50,
  atob,
  btoa,
  isAscii: (input) => bytesOf(input).every((byte) => byte < 0x80),
  isUtf8(input) {
    const bytes = bytesOf(input);
    return compareBytes(utf8.bytes(utf8.text(bytes, 0, bytes.length)), bytes) === 0;
  },
};
