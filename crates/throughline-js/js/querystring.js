// `node:querystring`.
'use strict';

const { codes } = require('internal/errors');

const SAFE = /[^A-Za-z0-9\-_.!~*'()]/;

function escape(value) {
  const text = typeof value === 'string' ? value : typeof value === 'object' ? String(value) : `${value}`;
  if (!SAFE.test(text)) return text;
  try {
    return encodeURIComponent(text);
  } catch {
    throw new codes.ERR_INVALID_URI();
  }
}

// Never throws: what is no escape stays as it is, and bytes that are no UTF-8 become replacement characters.
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeLoosely(text);
  }
}

function decodeLoosely(text) {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = run.slice(1).split('%').map((byte) => parseInt(byte, 16));
    return decodeUtf8(bytes);
  });
}

function decodeUtf8(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const { point, length } = sequenceAt(bytes, i);
    text += point === undefined ? '\ufffd' : String.fromCodePoint(point);
    i += length;
  }
  return text;
}

// The character at `at`; without a point, the length of what one replacement character stands for.
function sequenceAt(bytes, at) {
  const lead = bytes[at];
  if (lead < 0x80) return { point: lead, length: 1 };
  const count = lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
  let point = lead & (0x3f >> count);
  for (let i = 1; i <= count; i += 1) {
    const byte = bytes[at + i];
    const low = i === 1 && lead === 0xe0 ? 0xa0 : i === 1 && lead === 0xf0 ? 0x90 : 0x80;
    const high = i === 1 && lead === 0xed ? 0x9f : i === 1 && lead === 0xf4 ? 0x8f : 0xbf;
    if (byte === undefined || byte < low || byte > high) return { point: undefined, length: i };
    point = (point << 6) | (byte & 0x3f);
  }
  return count === 0 ? { point: undefined, length: 1 } : { point, length: count + 1 };
}

function textOf(value) {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return Number.isFinite(value) ? `${value}` : '';
    case 'bigint':
    case 'boolean':
      return `${value}`;
    default:
      return '';
  }
}

function stringify(object, separator, equals, options) {
  if (object === null || typeof object !== 'object') return '';
  separator ||= '&';
  equals ||= '=';
  const encode = typeof options?.encodeURIComponent === 'function' ? options.encodeURIComponent : querystring.escape;
  const pair = (key, value) => `${encode(key)}${equals}${encode(textOf(value))}`;
  return Object.keys(object)
    .flatMap((key) => (Array.isArray(object[key]) ? object[key].map((value) => pair(key, value)) : [pair(key, object[key])]))
    .join(separator);
}

function parse(text, separator, equals, options) {
  const result = { __proto__: null };
  if (typeof text !== 'string' || text.length === 0) return result;
  separator = separator ? `${separator}` : '&';
  equals = equals ? `${equals}` : '=';
  const decode = typeof options?.decodeURIComponent === 'function' ? options.decodeURIComponent : querystring.unescape;
  const safely = (part) => {
    const spaced = part.replaceAll('+', ' ');
    try {
      return /%/.test(spaced) || decode !== querystring.unescape ? decode(spaced) : spaced;
    } catch {
      return unescape(spaced);
    }
  };
  const max = typeof options?.maxKeys === 'number' ? options.maxKeys : 1000;
  let pairs = text.split(separator).filter((each) => each !== '');
  if (max > 0) pairs = pairs.slice(0, max);
  for (const each of pairs) {
    const at = each.indexOf(equals);
    const key = safely(at === -1 ? each : each.slice(0, at));
    const value = at === -1 ? '' : safely(each.slice(at + equals.length));
    if (!(key in result)) result[key] = value;
    else if (Array.isArray(result[key])) result[key].push(value);
    else result[key] = [result[key], value];
  }
  return result;
}

const querystring = { unescape, escape, stringify, encode: stringify, parse, decode: parse };

module.exports = querystring;
