// `node:url`: `URL`, `URLSearchParams` and what goes between URLs and paths. The legacy `url.parse` is not here.
//
// The embedder makes `URL` and `URLSearchParams` global where the engine has none. Needs of `internal`: nothing; may use
// `cwd()`.
'use strict';

const { codes, validate } = require('internal/errors');
const { inspect } = require('internal/inspect');
const parser = require('internal/url_parser');

const { SETS, percentEncode, percentDecode } = parser;

// ---- URLSearchParams -----------------------------------------------------------------------------------------------------

const formEncode = (text) => percentEncode(text.toWellFormed(), SETS.form).replaceAll('%20', '+');
const formDecode = (text) => percentDecode(text.replaceAll('+', ' '));

function parseForm(text) {
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at === -1
        ? [formDecode(pair), '']
        : [formDecode(pair.slice(0, at)), formDecode(pair.slice(at + 1))];
    });
}

const usv = (value) => `${value}`.toWellFormed();

function pairsOf(init) {
  const iterator = init[Symbol.iterator];
  if (iterator === undefined || iterator === null) {
    return Reflect.ownKeys(init)
      .filter((key) => typeof key === 'string' && Object.prototype.propertyIsEnumerable.call(init, key))
      .map((key) => [usv(key), usv(init[key])]);
  }
  if (typeof iterator !== 'function') throw new codes.ERR_ARG_NOT_ITERABLE('Query pairs');
  return [...init].map((pair) => {
    if (
      pair === null ||
      (typeof pair !== 'object' && typeof pair !== 'function') ||
      typeof pair[Symbol.iterator] !== 'function'
    ) {
      throw new codes.ERR_INVALID_TUPLE('Each query pair', '[name, value]');
    }
    const list = [...pair];
    if (list.length !== 2) throw new codes.ERR_INVALID_TUPLE('Each query pair', '[name, value]');
    return list.map(usv);
  });
}

class URLSearchParams {
  #list = [];
  #changed = () => {};

  constructor(init = undefined) {
    if (init === undefined) return;
    if ((typeof init === 'object' && init !== null) || typeof init === 'function') this.#list = pairsOf(init);
    else this.#list = parseForm(usv(init).replace(/^\?/, ''));
  }

  // The parameters of a URL: they follow it, and tell it when they change.
  static [Symbol.for('throughline.url.tie')](params, text, changed) {
    params.#list = parseForm(text);
    params.#changed = changed;
  }

  static #of(params) {
    if (typeof params !== 'object' || params === null || !(#list in params))
      throw new codes.ERR_INVALID_THIS('URLSearchParams');
    return params.#list;
  }

  #set(list) {
    this.#list = list;
    this.#changed(this.toString());
  }

  get size() {
    return URLSearchParams.#of(this).length;
  }

  append(name, value) {
    const list = URLSearchParams.#of(this);
    if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('name', 'value');
    this.#set([...list, [usv(name), usv(value)]]);
  }

  delete(name, value = undefined) {
    const list = URLSearchParams.#of(this);
    if (arguments.length < 1) throw new codes.ERR_MISSING_ARGS('name');
    const [key, wanted] = [usv(name), value === undefined ? undefined : usv(value)];
    this.#set(list.filter((pair) => pair[0] !== key || (wanted !== undefined && pair[1] !== wanted)));
  }

  get(name) {
    const list = URLSearchParams.#of(this);
    if (arguments.length < 1) throw new codes.ERR_MISSING_ARGS('name');
    const key = usv(name);
    return list.find((pair) => pair[0] === key)?.[1] ?? null;
  }

  getAll(name) {
    const list = URLSearchParams.#of(this);
    if (arguments.length < 1) throw new codes.ERR_MISSING_ARGS('name');
    const key = usv(name);
    return list.filter((pair) => pair[0] === key).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    const list = URLSearchParams.#of(this);
    if (arguments.length < 1) throw new codes.ERR_MISSING_ARGS('name');
    const [key, wanted] = [usv(name), value === undefined ? undefined : usv(value)];
    return list.some((pair) => pair[0] === key && (wanted === undefined || pair[1] === wanted));
  }

  set(name, value) {
    const list = URLSearchParams.#of(this);
    if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('name', 'value');
    const pair = [usv(name), usv(value)];
    const at = list.findIndex((each) => each[0] === pair[0]);
    if (at === -1) this.#set([...list, pair]);
    else
      this.#set(
        list.map((each, i) => (i === at ? pair : each)).filter((each, i) => i <= at || each[0] !== pair[0]),
      );
  }

  sort() {
    const list = URLSearchParams.#of(this);
    this.#set(list.toSorted((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)));
  }

  // Looks the list up at each step, so that changes on the way are met.
  *entries() {
    URLSearchParams.#of(this);
    for (let i = 0; i < this.#list.length; i += 1) yield [...this.#list[i]];
  }

  forEach(callback, thisArg = undefined) {
    URLSearchParams.#of(this);
    validate.function(callback, 'callback');
    for (let i = 0; i < this.#list.length; i += 1)
      Reflect.apply(callback, thisArg, [this.#list[i][1], this.#list[i][0], this]);
  }

  *keys() {
    for (const [key] of this.entries()) yield key;
  }

  *values() {
    for (const [, value] of this.entries()) yield value;
  }

  toString() {
    return URLSearchParams.#of(this)
      .map(([key, value]) => `${formEncode(key)}=${formEncode(value)}`)
      .join('&');
  }

  [inspect.custom](depth, options) {
    if (depth !== null && depth < 0) return '[Object]';
    const list = URLSearchParams.#of(this).map(
      ([key, value]) => `${inspect(key, options)} => ${inspect(value, options)}`,
    );
    if (list.length === 0) return `${this.constructor.name} {}`;
    return list.join(', ').length <= options.breakLength
      ? `${this.constructor.name} { ${list.join(', ')} }`
      : `${this.constructor.name} {\n  ${list.join(',\n  ')} }`;
  }
}
const tie = URLSearchParams[Symbol.for('throughline.url.tie')];
delete URLSearchParams[Symbol.for('throughline.url.tie')];
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries,
  writable: true,
  configurable: true,
});
Object.defineProperty(URLSearchParams.prototype, Symbol.toStringTag, {
  value: 'URLSearchParams',
  configurable: true,
});

// ---- URL ---------------------------------------------------------------------------------------------------------------

function invalid(input, base) {
  const error = new codes.ERR_INVALID_URL(input);
  if (base !== undefined) error.base = base;
  return error;
}

class URL {
  #url;
  #params;

  constructor(input, base = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('url');
    const text = `${input}`;
    let parsedBase;
    if (base !== undefined) {
      base = `${base}`;
      parsedBase = parser.parse(base);
      if (parsedBase === null) throw invalid(text, base);
    }
    this.#url = parser.parse(text, parsedBase);
    if (this.#url === null) throw invalid(text, base);
  }

  static canParse(input, base = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('url');
    return URL.parse(input, base) !== null;
  }

  static parse(input, base = undefined) {
    if (arguments.length === 0) throw new codes.ERR_MISSING_ARGS('url');
    try {
      return new URL(input, base);
    } catch (error) {
      if (error.code === 'ERR_INVALID_URL') return null;
      throw error;
    }
  }

  static is(value) {
    return typeof value === 'object' && value !== null && #url in value;
  }

  static #of(url) {
    return url.#url;
  }

  #follow() {
    if (this.#params !== undefined) this.#tie();
  }

  #tie() {
    tie(this.#params, this.#url.query ?? '', (text) => {
      this.#url.query = text === '' ? null : text;
    });
  }

  toString() {
    return parser.serialize(URL.#of(this));
  }

  get href() {
    return parser.serialize(URL.#of(this));
  }

  set href(value) {
    URL.#of(this);
    const parsed = parser.parse(`${value}`);
    if (parsed === null) throw invalid(`${value}`);
    this.#url = parsed;
    this.#follow();
  }

  get origin() {
    return parser.originOf(URL.#of(this));
  }

  get protocol() {
    return URL.#of(this).scheme;
  }

  set protocol(value) {
    const url = URL.#of(this);
    const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*(?=:|$)/.exec(`${value}`)?.[0];
    if (scheme === undefined) return;
    const next = `${scheme.toLowerCase()}:`;
    if (parser.isSpecial(next) !== parser.isSpecial(url.scheme)) return;
    if (next === 'file:' && (url.username !== '' || url.password !== '' || url.port !== '')) return;
    if (url.scheme === 'file:' && url.host === '') return;
    url.scheme = next;
    parser.setPort(url, url.port);
  }

  get username() {
    return URL.#of(this).username;
  }

  set username(value) {
    const url = URL.#of(this);
    if (canHavePort(url)) url.username = percentEncode(`${value}`.toWellFormed(), SETS.userinfo);
  }

  get password() {
    return URL.#of(this).password;
  }

  set password(value) {
    const url = URL.#of(this);
    if (canHavePort(url)) url.password = percentEncode(`${value}`.toWellFormed(), SETS.userinfo);
  }

  get host() {
    return parser.placeOf(URL.#of(this));
  }

  set host(value) {
    this.#place(`${value}`, true);
  }

  get hostname() {
    return URL.#of(this).host ?? '';
  }

  set hostname(value) {
    this.#place(`${value}`, false);
  }

  #place(value, withPort) {
    const url = URL.#of(this);
    if (url.opaque) return;
    const text = value.replace(parser.isSpecial(url.scheme) ? /[/\\?#].*$/s : /[/?#].*$/s, '');
    const [, hostname, port] = /^(\[[^\]]*\]?|[^:]*)(?::(\d*).*)?$/s.exec(text) ?? [];
    if (hostname === undefined || (port !== undefined && (!withPort || url.scheme === 'file:'))) return;
    if (
      hostname === '' &&
      (parser.isSpecial(url.scheme) ? url.scheme !== 'file:' : url.port !== '' || url.username !== '')
    )
      return;
    const host = hostname === '' ? '' : parser.parseHost(hostname, parser.isSpecial(url.scheme));
    if (host === null) return;
    url.host = host;
    if (port) parser.setPort(url, port);
  }

  get port() {
    return URL.#of(this).port;
  }

  set port(value) {
    const url = URL.#of(this);
    if (!canHavePort(url)) return;
    const text = `${value}`;
    const digits = /^\d*/.exec(text)[0];
    if (digits !== '' || text === '') parser.setPort(url, digits);
  }

  get pathname() {
    return parser.pathOf(URL.#of(this));
  }

  set pathname(value) {
    const url = URL.#of(this);
    if (url.opaque) return;
    url.path = [];
    const text = `${value}`
      .toWellFormed()
      .replace(/[\t\n\r]/g, '')
      .replaceAll('?', '%3F')
      .replaceAll('#', '%23');
    const query = url.query;
    parser.parseTail(url, text);
    url.query = query;
  }

  get search() {
    return URL.#of(this).query ? `?${this.#url.query}` : '';
  }

  set search(value) {
    const url = URL.#of(this);
    const text = `${value}`
      .toWellFormed()
      .replace(/^\?/, '')
      .replace(/[\t\n\r]/g, '');
    url.query =
      `${value}` === ''
        ? null
        : percentEncode(text, parser.isSpecial(url.scheme) ? SETS.specialQuery : SETS.query);
    this.#follow();
  }

  get searchParams() {
    URL.#of(this);
    if (this.#params === undefined) {
      this.#params = new URLSearchParams();
      this.#tie();
    }
    return this.#params;
  }

  get hash() {
    return URL.#of(this).fragment ? `#${this.#url.fragment}` : '';
  }

  set hash(value) {
    const url = URL.#of(this);
    const text = `${value}`
      .toWellFormed()
      .replace(/^#/, '')
      .replace(/[\t\n\r]/g, '');
    url.fragment = `${value}` === '' ? null : percentEncode(text, SETS.fragment);
  }

  toJSON() {
    return parser.serialize(URL.#of(this));
  }

  [inspect.custom](depth, options) {
    if (depth !== null && depth < 0) return inspect({}, { ...options, depth });
    const shown = Object.fromEntries(SHOWN.map((key) => [key, this[key]]));
    return `${this.constructor.name} ${inspect(shown, options)}`;
  }
}
const isURL = URL.is;
delete URL.is;

const SHOWN = [
  'href',
  'origin',
  'protocol',
  'username',
  'password',
  'host',
  'hostname',
  'port',
  'pathname',
  'search',
  'searchParams',
  'hash',
];

const canHavePort = (url) => url.host !== null && url.host !== '' && url.scheme !== 'file:';

for (const [Class, names] of [
  [URL, ['toString', ...SHOWN, 'toJSON']],
  [
    URLSearchParams,
    [
      'size',
      'append',
      'delete',
      'get',
      'getAll',
      'has',
      'set',
      'sort',
      'entries',
      'forEach',
      'keys',
      'values',
      'toString',
    ],
  ],
]) {
  for (const name of names) Object.defineProperty(Class.prototype, name, { enumerable: true });
}
Object.defineProperty(URL.prototype, Symbol.toStringTag, { value: 'URL', configurable: true });

// ---- Functions -----------------------------------------------------------------------------------------------------------

const looksLikeURL = (value) =>
  Boolean(value?.href && value.protocol && value.auth === undefined && value.path === undefined);

function fileURLToPath(path) {
  if (typeof path === 'string') path = new URL(path);
  else if (!looksLikeURL(path)) throw new codes.ERR_INVALID_ARG_TYPE('path', ['string', 'URL'], path);
  if (path.protocol !== 'file:') throw new codes.ERR_INVALID_URL_SCHEME('file');
  if (path.hostname !== '') throw new codes.ERR_INVALID_FILE_URL_HOST('linux');
  if (/%2f/i.test(path.pathname)) {
    throw Object.assign(new codes.ERR_INVALID_FILE_URL_PATH('must not include encoded / characters'), {
      input: path,
    });
  }
  return decodeURIComponent(path.pathname);
}

function pathToFileURL(path) {
  validate.string(path, 'path');
  let resolved = require('node:path').resolve(path);
  if (path.endsWith('/') && !resolved.endsWith('/')) resolved += '/';
  const escaped = resolved.replace(/[%\\\n\r\t?#]/g, (char) => encodeURIComponent(char));
  return new URL(`file://${escaped}`);
}

function urlToHttpOptions(url) {
  const { hostname, pathname, port, username, password, search } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname?.[0] === '[' ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search,
    pathname,
    path: `${pathname || ''}${search || ''}`,
    href: url.href,
  };
  if (port !== '') options.port = Number(port);
  if (username || password) options.auth = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return options;
}

// A `URL`, or the parts of one as `http` and older programs have them.
function format(url, options) {
  if (typeof url === 'string') return new URL(url).href;
  if (isURL(url)) {
    const { auth = true, fragment = true, search = true } = options ?? {};
    const copy = new URL(url.href);
    if (!auth) copy.username = copy.password = '';
    if (!fragment) copy.hash = '';
    if (!search) copy.search = '';
    return copy.href;
  }
  if (typeof url !== 'object' || url === null)
    throw new codes.ERR_INVALID_ARG_TYPE('urlObject', ['Object', 'string'], url);
  return formatParts(url);
}

function formatParts({
  auth,
  protocol = '',
  hostname,
  host,
  port,
  pathname = '',
  search,
  query,
  hash = '',
  slashes,
}) {
  if (protocol && !protocol.endsWith(':')) protocol += ':';
  let place = host ? (auth ? `${encodeURIComponent(auth).replace('%3A', ':')}@` : '') + host : '';
  if (!host && hostname) {
    place =
      (auth ? `${encodeURIComponent(auth).replace('%3A', ':')}@` : '') +
      (hostname.includes(':') ? `[${hostname}]` : hostname);
    if (port) place += `:${port}`;
  }
  search ??=
    query !== null && typeof query === 'object' && Object.keys(query).length > 0
      ? `?${require('node:querystring').stringify(query)}`
      : '';
  if (
    slashes ||
    (/^(https?|ftp|gopher|file|wss?):$/.test(protocol) && (place !== '' || protocol === 'file:'))
  ) {
    place = `//${place}`;
    if (pathname && !pathname.startsWith('/')) pathname = `/${pathname}`;
  }
  if (hash && !hash.startsWith('#')) hash = `#${hash}`;
  if (search && !search.startsWith('?')) search = `?${search}`;
  return `${protocol}${place}${pathname.replace(/[?#]/g, encodeURIComponent)}${search.replaceAll('#', '%23')}${hash}`;
}

const domainToASCII = (domain) => parser.parseHost(`${domain}`, true) ?? '';

module.exports = {
  URL,
  URLSearchParams,
  domainToASCII,
  fileURLToPath,
  format,
  pathToFileURL,
  urlToHttpOptions,
};
