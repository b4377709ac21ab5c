// The URL standard's parser and serializer, on plain records. Hosts that are no ASCII are lower-cased and written in
// Punycode, without the rest of UTS 46.
//
// Required as `internal/url_parser`. Needs of `internal`: nothing.
'use strict';

const { encodeUtf8, decodeUtf8 } = require('internal/encoding');

const DEFAULT_PORTS = {
  __proto__: null,
  'http:': '80',
  'https:': '443',
  'ws:': '80',
  'wss:': '443',
  'ftp:': '21',
  'file:': '',
};

const isSpecial = (scheme) => scheme in DEFAULT_PORTS;

// ---- Percent-encoding --------------------------------------------------------------------------------------------------

const SETS = {};
SETS.control = '';
SETS.fragment = ' "<>`';
SETS.query = ' "#<>';
SETS.specialQuery = `${SETS.query}'`;
SETS.path = `${SETS.query}?^\`{}`;
SETS.userinfo = `${SETS.path}/:;=@[\\]|`;
SETS.component = `${SETS.userinfo}$%&+,`;
SETS.form = `${SETS.component}!'()~`;

const hex = (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;

function percentEncode(text, set) {
  let out = '';
  for (const char of text) {
    const code = char.codePointAt(0);
    out += code <= 0x1f || code > 0x7e || set.includes(char) ? encodeUtf8(char).map(hex).join('') : char;
  }
  return out;
}

function percentDecode(text) {
  if (!text.includes('%')) return text;
  const bytes = [];
  const source = encodeUtf8(text);
  for (let i = 0; i < source.length; i += 1) {
    const digits = source[i] === 0x25 ? String.fromCharCode(source[i + 1] ?? 0, source[i + 2] ?? 0) : '';
    if (/^[0-9a-fA-F]{2}$/.test(digits)) {
      bytes.push(parseInt(digits, 16));
      i += 2;
    } else bytes.push(source[i]);
  }
  return decodeUtf8(bytes).text;
}

// ---- Hosts -------------------------------------------------------------------------------------------------------------

function punycode(label) {
  const points = Array.from(label, (char) => char.codePointAt(0));
  let out = points
    .filter((point) => point < 0x80)
    .map((point) => String.fromCharCode(point))
    .join('');
  const basic = out.length;
  let handled = basic;
  if (basic > 0) out += '-';
  let [n, delta, bias] = [0x80, 0, 72];
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= n));
    delta += (next - n) * (handled + 1);
    n = next;
    for (const point of points) {
      if (point < n) delta += 1;
      if (point !== n) continue;
      let q = delta;
      for (let k = 36; ; k += 36) {
        const t = Math.min(26, Math.max(1, k - bias));
        if (q < t) break;
        out += digit(t + ((q - t) % (36 - t)));
        q = Math.floor((q - t) / (36 - t));
      }
      out += digit(q);
      bias = adapt(delta, handled + 1, handled === basic);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    n += 1;
  }
  return out;
}

const digit = (value) => String.fromCharCode(value < 26 ? value + 97 : value + 22);

function adapt(delta, count, first) {
  delta = Math.floor(delta / (first ? 700 : 2));
  delta += Math.floor(delta / count);
  let k = 0;
  for (; delta > 455; k += 36) delta = Math.floor(delta / 35);
  return k + Math.floor((36 * delta) / (delta + 38));
}

// Empty for a domain that cannot be written in ASCII.
function domainToAscii(domain) {
  const labels = domain
    .normalize('NFKC')
    .toLowerCase()
    .split(/[.\u3002\uff0e\uff61]/);
  // eslint-disable-next-line no-control-regex
  const isForeign = (label) => /[^\x00-\x7f]/.test(label);
  if (labels.some((label) => isForeign(label) && label.startsWith('xn--'))) return '';
  return labels.map((label) => (isForeign(label) ? `xn--${punycode(label)}` : label)).join('.');
}

// eslint-disable-next-line no-control-regex
const FORBIDDEN_HOST = /[\0\t\n\r #/:<>?@[\\\]^|]/;
// eslint-disable-next-line no-control-regex
const FORBIDDEN_DOMAIN = /[\0-\x1f #/:<>?@[\\\]^|%\x7f]/;

function ipv4Number(part) {
  if (part === '') return NaN;
  if (/^0[xX][0-9a-fA-F]*$/.test(part)) return part.length === 2 ? 0 : parseInt(part, 16);
  if (/^0[0-7]+$/.test(part)) return parseInt(part, 8);
  return /^(0|[1-9]\d*)$/.test(part) ? Number(part) : NaN;
}

// The dotted form; undefined if the host does not end in a number, null if it is no address.
function ipv4(host) {
  const parts = host.split('.');
  if (parts.length > 1 && parts[parts.length - 1] === '') parts.pop();
  const last = parts[parts.length - 1];
  if (!/^\d+$/.test(last) && !/^0[xX][0-9a-fA-F]*$/.test(last)) return undefined;
  if (parts.length > 4) return null;
  const numbers = parts.map(ipv4Number);
  const tail = numbers.pop();
  if (Number.isNaN(tail) || numbers.some((number) => !(number <= 255)) || tail >= 256 ** (4 - numbers.length))
    return null;
  const address = numbers.reduce((sum, number, i) => sum + number * 256 ** (3 - i), tail);
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

// The pieces of an IPv6 address as eight numbers; null if it is none.
function ipv6Pieces(text) {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const lastHalf = groups[groups.length - 1];
  const dotted = lastHalf[lastHalf.length - 1];
  if (dotted?.includes('.')) {
    const bytes = dotted.split('.');
    if (bytes.length !== 4 || !bytes.every((byte) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) <= 255))
      return null;
    const [a, b, c, d] = bytes.map(Number);
    lastHalf.splice(-1, 1, (a * 256 + b).toString(16), (c * 256 + d).toString(16));
  }
  if (!groups.flat().every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return null;
  const [head, tail = []] = groups.map((half) => half.map((group) => parseInt(group, 16)));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  return [...head, ...Array(missing).fill(0), ...tail];
}

function ipv6(text) {
  const pieces = ipv6Pieces(text);
  if (pieces === null) return null;
  // The first longest run of zeros is left out.
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i += 1) {
    let length = 0;
    while (i + length < 8 && pieces[i + length] === 0) length += 1;
    if (length > best.length) best = { at: i, length };
    i += Math.max(0, length - 1);
  }
  const shown = (list) => list.map((piece) => piece.toString(16)).join(':');
  if (best.at === -1) return `[${shown(pieces)}]`;
  return `[${shown(pieces.slice(0, best.at))}::${shown(pieces.slice(best.at + best.length))}]`;
}

function parseHost(text, special) {
  if (text.startsWith('[')) return text.endsWith(']') ? ipv6(text.slice(1, -1)) : null;
  if (!special) return FORBIDDEN_HOST.test(text) ? null : percentEncode(text, SETS.control);
  const domain = domainToAscii(percentDecode(text));
  if (domain === '' || FORBIDDEN_DOMAIN.test(domain)) return null;
  const address = ipv4(domain);
  return address === undefined ? domain : address;
}

// ---- Parsing -----------------------------------------------------------------------------------------------------------

const isDrive = (segment) => /^[a-zA-Z][:|]$/.test(segment);
const isNormalDrive = (segment) => /^[a-zA-Z]:$/.test(segment);
const startsWithDrive = (text) => /^[a-zA-Z][:|]([/\\?#]|$)/.test(text);

function blank(scheme) {
  return {
    scheme,
    username: '',
    password: '',
    host: null,
    port: '',
    path: [],
    opaque: false,
    query: null,
    fragment: null,
  };
}

function splitPath(text, special) {
  return special ? text.split(/[/\\]/) : text.split('/');
}

// Walks the segments of `text` on from the path the record has.
function walkPath(url, text) {
  const segments = splitPath(text, isSpecial(url.scheme));
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    const plain = segment.replace(/%2e/gi, '.');
    if (plain === '..') {
      if (!(url.scheme === 'file:' && url.path.length === 1 && isNormalDrive(url.path[0]))) url.path.pop();
      if (last) url.path.push('');
    } else if (plain === '.') {
      if (last) url.path.push('');
    } else if (url.scheme === 'file:' && url.path.length === 0 && isDrive(segment)) {
      url.path.push(`${segment[0]}:`);
    } else {
      url.path.push(percentEncode(segment, SETS.path));
    }
  });
}

const isSlash = (char, special) => char === '/' || (special && char === '\\');

// The path and the query behind the authority.
function parseTail(url, text) {
  const special = isSpecial(url.scheme);
  const at = text.indexOf('?');
  const path = at === -1 ? text : text.slice(0, at);
  if (at !== -1) url.query = percentEncode(text.slice(at + 1), special ? SETS.specialQuery : SETS.query);
  if (path === '' && !special) return url;
  walkPath(url, isSlash(path[0], special) ? path.slice(1) : path);
  return url;
}

function parseAuthority(url, text) {
  const special = isSpecial(url.scheme);
  const end = text.search(special ? /[/\\?]/ : /[/?]/);
  const authority = end === -1 ? text : text.slice(0, end);
  const at = authority.lastIndexOf('@');
  if (at !== -1) {
    const [, user, password] = /^([^:]*):?(.*)$/s.exec(authority.slice(0, at));
    url.username = percentEncode(user, SETS.userinfo);
    url.password = percentEncode(password, SETS.userinfo);
  }
  const place = authority.slice(at + 1);
  if (!setPlace(url, place) || (place === '' && (special || at !== -1))) return null;
  return parseTail(url, end === -1 ? '' : text.slice(end));
}

// Host and port; whether they are good ones.
function setPlace(url, place) {
  const [, hostname, port] = /^(\[[^\]]*\]?[^:]*|[^:]*)(?::(.*))?$/s.exec(place);
  const special = isSpecial(url.scheme);
  if (hostname === '' && (special || port !== undefined)) return false;
  const host = parseHost(hostname, special);
  if (host === null || !setPort(url, port ?? '')) return false;
  url.host = host;
  return true;
}

function setPort(url, port) {
  if (!/^\d*$/.test(port) || Number(port) > 65535) return false;
  const text = port === '' ? '' : String(Number(port));
  url.port = text === DEFAULT_PORTS[url.scheme] ? '' : text;
  return true;
}

function parseFile(url, text, base) {
  url.host = '';
  if (isSlash(text[0], true)) {
    if (isSlash(text[1], true)) return parseFileHost(url, text.slice(2));
    if (base !== undefined) {
      url.host = base.host;
      if (!startsWithDrive(text.slice(1)) && isNormalDrive(base.path[0] ?? '')) url.path.push(base.path[0]);
    }
    return parseTail(url, text);
  }
  if (base === undefined) return parseTail(url, text);
  url.host = base.host;
  if (startsWithDrive(text)) return parseTail(url, text);
  return parseBeside(url, text, base);
}

function parseFileHost(url, text) {
  const end = text.search(/[/\\?]/);
  const name = end === -1 ? text : text.slice(0, end);
  if (isDrive(name)) return parseTail(url, text);
  if (name !== '') {
    const host = parseHost(name, true);
    if (host === null) return null;
    url.host = host === 'localhost' ? '' : host;
  }
  return parseTail(url, end === -1 ? '' : text.slice(end));
}

// A relative reference without a slash before it.
function parseBeside(url, text, base) {
  url.path = [...base.path];
  if (text === '') {
    url.query = base.query;
    return url;
  }
  if (text[0] === '?') {
    url.query = percentEncode(text.slice(1), isSpecial(url.scheme) ? SETS.specialQuery : SETS.query);
    return url;
  }
  if (!(url.scheme === 'file:' && url.path.length === 1 && isNormalDrive(url.path[0]))) url.path.pop();
  const at = text.indexOf('?');
  if (at !== -1)
    url.query = percentEncode(text.slice(at + 1), isSpecial(url.scheme) ? SETS.specialQuery : SETS.query);
  walkPath(url, at === -1 ? text : text.slice(0, at));
  return url;
}

function parseRelative(url, text, base) {
  const special = isSpecial(url.scheme);
  if (isSlash(text[0], special) && isSlash(text[1], special)) {
    return parseAuthority(url, special ? text.replace(/^[/\\]+/, '') : text.slice(2));
  }
  Object.assign(url, { username: base.username, password: base.password, host: base.host, port: base.port });
  return isSlash(text[0], special) ? parseTail(url, text) : parseBeside(url, text, base);
}

function parseHierarchy(url, text, base) {
  if (url.scheme === 'file:') return parseFile(url, text, base?.scheme === 'file:' ? base : undefined);
  if (isSpecial(url.scheme)) {
    if (base?.scheme === url.scheme && !/^[/\\][/\\]/.test(text)) return parseRelative(url, text, base);
    return parseAuthority(url, text.replace(/^[/\\]+/, ''));
  }
  if (text.startsWith('//')) return parseAuthority(url, text.slice(2));
  if (text.startsWith('/')) return parseTail(url, text);
  const at = text.indexOf('?');
  const path = at === -1 ? text : text.slice(0, at);
  url.opaque = true;
  // Spaces at the end would be lost with what stands behind them.
  url.path = percentEncode(path, SETS.control).replace(/ +$/, (spaces) =>
    at === -1 && url.fragment === null ? spaces : `${spaces.slice(1)}%20`,
  );
  if (at !== -1) url.query = percentEncode(text.slice(at + 1), SETS.query);
  return url;
}

// The record of a URL; null if it is none.
function parse(input, base) {
  // eslint-disable-next-line no-control-regex
  const text = input
    .toWellFormed()
    .replace(/^[\0-\x20]+|[\0-\x20]+$/g, '')
    .replace(/[\t\n\r]/g, '');
  const hash = text.indexOf('#');
  const rest = hash === -1 ? text : text.slice(0, hash);
  const fragment = hash === -1 ? null : percentEncode(text.slice(hash + 1), SETS.fragment);
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:/.exec(rest)?.[0];
  let url = null;
  if (scheme !== undefined) {
    url = parseHierarchy({ ...blank(scheme.toLowerCase()), fragment }, rest.slice(scheme.length), base);
  } else if (base?.opaque) {
    if (rest === '' && hash !== -1) url = { ...base };
  } else if (base !== undefined) {
    url = blank(base.scheme);
    url = base.scheme === 'file:' ? parseFile(url, rest, base) : parseRelative(url, rest, base);
  }
  return url === null ? null : { ...url, fragment };
}

// ---- Serializing -------------------------------------------------------------------------------------------------------

const placeOf = (url) => (url.host === null ? '' : url.host + (url.port === '' ? '' : `:${url.port}`));

const pathOf = (url) => (url.opaque ? url.path : url.path.map((segment) => `/${segment}`).join(''));

function serialize(url, withoutFragment = false) {
  let text = url.scheme;
  if (url.host !== null) {
    text += '//';
    if (url.username !== '' || url.password !== '')
      text += `${url.username}${url.password === '' ? '' : `:${url.password}`}@`;
    text += placeOf(url);
  } else if (!url.opaque && url.path.length > 1 && url.path[0] === '') {
    text += '/.';
  }
  text += pathOf(url);
  if (url.query !== null) text += `?${url.query}`;
  if (url.fragment !== null && !withoutFragment) text += `#${url.fragment}`;
  return text;
}

const originOf = (url) =>
  isSpecial(url.scheme) && url.scheme !== 'file:' ? `${url.scheme}//${placeOf(url)}` : 'null';

module.exports = {
  SETS,
  domainToAscii,
  isSpecial,
  originOf,
  parse,
  parseHost,
  parseTail,
  pathOf,
  percentDecode,
  percentEncode,
  placeOf,
  serialize,
  setPlace,
  setPort,
  walkPath,
};
