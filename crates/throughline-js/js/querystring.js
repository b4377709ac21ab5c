// `node:querystring`.
'use strict';

const { codes } = require('internal/errors');
const { decodeUtf8 } = require('internal/encoding');

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
    const bytes = run
      .slice(1)
      .split('%')
      .map((byte) => parseInt(byte, 16));
    return decodeUtf8(bytes).text;
  });
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
  const encode =
    typeof options?.encodeURIComponent === 'function' ? options.encodeURIComponent : querystring.escape;
  const pair = (key, value) => `${encode(key)}${equals}${encode(textOf(value))}`;
  return Object.keys(object)
    .flatMap((key) =>
      Array.isArray(object[key]) ? object[key].map((value) => pair(key, value)) : [pair(key, object[key])],
    )
    .join(separator);
}

function parse(text, separator, equals, options) {
  const result = { __proto__: null };
  if (typeof text !== 'string' || text.length === 0) return result;
  separator = separator ? `${separator}` : '&';
  equals = equals ? `${equals}` : '=';
  const decode =
    typeof options?.decodeURIComponent === 'function' ? options.decodeURIComponent : querystring.unescape;
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
