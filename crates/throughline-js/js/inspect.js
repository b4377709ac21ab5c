// How values are shown to people: `util.inspect`, `util.format`.
//
// Required as `internal/inspect`. Needs of `internal`: what `types.js` may use.
'use strict';

const { types, promiseState, typedArrayName } = require('internal/types');
const { codes, validate } = require('internal/errors');

const custom = Symbol.for('nodejs.util.inspect.custom');

const defaultOptions = Object.seal({
  showHidden: false,
  depth: 2,
  colors: false,
  customInspect: true,
  showProxy: false,
  maxArrayLength: 100,
  maxStringLength: 10000,
  breakLength: 80,
  compact: 3,
  sorted: false,
  getters: false,
  numericSeparator: false,
});

const OPTION_NAMES = Object.keys(defaultOptions);

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

// ---- Entry ---------------------------------------------------------------------------------------------------------

function inspect(value, options, legacyDepth, legacyColors) {
  const ctx = {
    ...defaultOptions,
    seen: [],
    circular: undefined,
    indentation: 0,
    currentDepth: 0,
    userOptions: undefined,
    stylize: plain,
  };
  if (arguments.length > 1) {
    if (legacyDepth !== undefined) ctx.depth = legacyDepth;
    if (legacyColors !== undefined) ctx.colors = legacyColors;
    if (typeof options === 'boolean') ctx.showHidden = options;
    else if (options) take(ctx, options);
  }
  if (ctx.colors) ctx.stylize = colourful;
  if (ctx.maxArrayLength === null) ctx.maxArrayLength = Infinity;
  if (ctx.maxStringLength === null) ctx.maxStringLength = Infinity;
  return formatValue(ctx, value, 0);
}

function take(ctx, options) {
  for (const key of Object.keys(options)) {
    if (OPTION_NAMES.includes(key) || key === 'stylize') ctx[key] = options[key];
    else if (ctx.userOptions === undefined) ctx.userOptions = options;
  }
}

const colors = Object.assign(Object.create(null), {
  reset: [0, 0],
  bold: [1, 22],
  dim: [2, 22],
  italic: [3, 23],
  underline: [4, 24],
  blink: [5, 25],
  inverse: [7, 27],
  hidden: [8, 28],
  strikethrough: [9, 29],
  doubleunderline: [21, 24],
  black: [30, 39],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  white: [37, 39],
  gray: [90, 39],
  grey: [90, 39],
});

const styles = Object.assign(Object.create(null), {
  special: 'cyan',
  number: 'yellow',
  bigint: 'yellow',
  boolean: 'yellow',
  undefined: 'grey',
  null: 'bold',
  string: 'green',
  symbol: 'green',
  date: 'magenta',
  regexp: 'red',
  module: 'underline',
});

const plain = (text) => text;

function colourful(text, kind) {
  const colour = colors[styles[kind]];
  return colour === undefined ? text : `\u001b[${colour[0]}m${text}\u001b[${colour[1]}m`;
}

// ---- Values --------------------------------------------------------------------------------------------------------

function formatValue(ctx, value, depth, typed) {
  if (!isObject(value)) return formatPrimitive(ctx, value);
  const proxy = internal.proxyDetails?.(value);
  if (proxy === undefined) {
    const shown = formatCustom(ctx, value, value, depth);
    if (shown !== undefined) return shown;
  } else {
    if (proxy[0] === null) return ctx.stylize('<Revoked Proxy>', 'special');
    if (ctx.showProxy) return formatProxy(ctx, proxy, depth);
    const shown = formatCustom(ctx, proxy[0], value, depth);
    if (shown !== undefined) return shown;
    return `${ctx.stylize('Proxy(', 'special')}${formatValue(ctx, proxy[0], depth)}${ctx.stylize(')', 'special')}`;
  }
  if (ctx.seen.includes(value)) {
    ctx.circular ??= new Map();
    if (!ctx.circular.has(value)) ctx.circular.set(value, ctx.circular.size + 1);
    return ctx.stylize(`[Circular *${ctx.circular.get(value)}]`, 'special');
  }
  return formatObject(ctx, value, depth, typed);
}

// What the value itself makes of being inspected, if it has a way. A proxy is asked through its target, so that no trap of
// it runs.
function formatCustom(ctx, value, context, depth) {
  if (!ctx.customInspect || internal.proxyDetails?.(value) !== undefined) return undefined;
  const own = value[custom];
  if (typeof own !== 'function' || own === inspect || value.constructor?.prototype === value)
    return undefined;
  const left = ctx.depth === null ? null : ctx.depth - depth;
  const shown = own.call(context, left, optionsFor(ctx), inspect);
  if (shown === context) return undefined;
  if (typeof shown === 'object') return formatValue(ctx, shown, depth);
  return String(shown).replaceAll('\n', `\n${' '.repeat(ctx.indentation)}`);
}

// What a custom inspect function is given.
function optionsFor(ctx) {
  const options = { stylize: ctx.stylize };
  for (const name of OPTION_NAMES) options[name] = ctx[name];
  return { ...options, ...ctx.userOptions };
}

function formatProxy(ctx, [target, handler], depth) {
  if (ctx.depth !== null && depth > ctx.depth) return ctx.stylize('Proxy [Array]', 'special');
  depth += 1;
  ctx.indentation += 2;
  const parts = [formatValue(ctx, target, depth), formatValue(ctx, handler, depth)];
  ctx.indentation -= 2;
  return layOut(ctx, parts, '', ['Proxy [', ']'], ARRAY_EXTRAS, depth);
}

const OBJECT = 0;
const ARRAY = 1;
const ARRAY_EXTRAS = 2;

// eslint-disable-next-line no-control-regex
const NEEDS_ESCAPE =
  /[\x00-\x1f\x27\x5c\x7f-\x9f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ESCAPES = {
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '\\': '\\\\',
  '\v': '\\x0B',
};

function quote(text) {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes('`') && !text.includes('${')) mark = '`';
  }
  if (!NEEDS_ESCAPE.test(text)) return `'${text}'`;
  let body = '';
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    const code = text.charCodeAt(i);
    if (char === "'" && mark === "'") body += "\\'";
    else if (ESCAPES[char] !== undefined) body += ESCAPES[char];
    else if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) body += `\\x${hex(code, 2)}`;
    else if (code >= 0xd800 && code <= 0xdfff) {
      const next = text.charCodeAt(i + 1);
      if (code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
        body += char + text[i + 1];
        i += 1;
      } else {
        body += `\\u${code.toString(16)}`;
      }
    } else body += char;
  }
  return mark + body + mark;
}

const hex = (code, width) => code.toString(16).toUpperCase().padStart(width, '0');

function formatNumber(ctx, number) {
  if (Object.is(number, -0)) return ctx.stylize('-0', 'number');
  let text = `${number}`;
  if (ctx.numericSeparator && !text.includes('e') && Number.isFinite(number)) {
    const [whole, fraction] = text.split('.');
    text = whole.replace(/\B(?=(\d{3})+(?!\d))/g, '_');
    if (fraction !== undefined) text += `.${fraction.replace(/(\d{3})(?=\d)/g, '$1_')}`;
  }
  return ctx.stylize(text, 'number');
}

function formatBigInt(ctx, value) {
  const digits = String(value);
  return ctx.stylize(
    `${ctx.numericSeparator ? digits.replace(/\B(?=(\d{3})+(?!\d))/g, '_') : digits}n`,
    'bigint',
  );
}

function formatPrimitive(ctx, value) {
  if (value === null) return ctx.stylize('null', 'null');
  switch (typeof value) {
    case 'string':
      return formatString(ctx, value);
    case 'number':
      return formatNumber(ctx, value);
    case 'bigint':
      return formatBigInt(ctx, value);
    case 'boolean':
      return ctx.stylize(`${value}`, 'boolean');
    case 'undefined':
      return ctx.stylize('undefined', 'undefined');
    default:
      return ctx.stylize(String(value), 'symbol');
  }
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x27\x5c\x7f-\x9f]/g;

function formatSymbol(symbol) {
  return String(symbol).replace(CONTROL, (char) =>
    char === "'" ? "\\'" : (ESCAPES[char] ?? `\\x${hex(char.charCodeAt(0), 2)}`),
  );
}

function formatString(ctx, value) {
  let trailer = '';
  if (value.length > ctx.maxStringLength) {
    const more = value.length - ctx.maxStringLength;
    value = value.slice(0, ctx.maxStringLength);
    trailer = `... ${more} more character${more > 1 ? 's' : ''}`;
  }
  // A long text of several lines is shown line by line.
  if (ctx.compact !== true && value.length > 16 && value.length > ctx.breakLength - ctx.indentation - 4) {
    const lines = value.match(/[^\n]*\n|[^\n]+$/g) ?? [value];
    return (
      lines.map((line) => ctx.stylize(quote(line), 'string')).join(` +\n${' '.repeat(ctx.indentation + 2)}`) +
      trailer
    );
  }
  return ctx.stylize(quote(value), 'string') + trailer;
}

// ---- Names ---------------------------------------------------------------------------------------------------------

function isInstance(value, constructor) {
  try {
    return value instanceof constructor;
  } catch {
    return false;
  }
}

// The name of the nearest constructor; null for an object without a prototype.
function constructorName(ctx, value, depth) {
  let first;
  for (let object = value; object !== null;) {
    const descriptor = Object.getOwnPropertyDescriptor(object, 'constructor');
    // That of promises is an accessor where frames are in use, and the rest of its life depends on who reads it.
    const constructor = object === Promise.prototype ? Promise : descriptor?.value;
    if (typeof constructor === 'function' && constructor.name !== '' && isInstance(value, constructor)) {
      return String(constructor.name);
    }
    object = Object.getPrototypeOf(object);
    if (first === undefined) first = object;
  }
  if (first === null) return null;
  const base = Object.prototype.toString.call(Array.isArray(value) ? [] : {}).slice(8, -1);
  if (ctx.depth !== null && depth > ctx.depth) return `${base} <Complex prototype>`;
  const behind = constructorName(ctx, first, depth + 1);
  if (behind !== null) return `${base} <${behind}>`;
  return `${base} <${inspect(first, { ...optionsFor(ctx), stylize: undefined, colors: false, customInspect: false, depth: -1 })}>`;
}

function tagOf(ctx, value, constructor) {
  const tag = value[Symbol.toStringTag];
  if (typeof tag !== 'string' || tag === '' || tag === constructor) return '';
  // A tag that is listed among the properties is not said twice.
  const listed = ctx.showHidden
    ? Object.hasOwn(value, Symbol.toStringTag)
    : Object.prototype.propertyIsEnumerable.call(value, Symbol.toStringTag);
  return listed ? '' : tag;
}

function prefixOf(constructor, tag, fallback, size = '') {
  if (constructor === null) {
    return `[${fallback}${size}: null prototype] ${tag !== '' && tag !== fallback ? `[${tag}] ` : ''}`;
  }
  return `${constructor}${size} ${tag !== '' && tag !== constructor ? `[${tag}] ` : ''}`;
}

function keysOf(ctx, value) {
  if (ctx.showHidden) return Reflect.ownKeys(value);
  const symbols = Object.getOwnPropertySymbols(value);
  const keys = Object.keys(value);
  if (symbols.length === 0) return keys;
  return keys.concat(symbols.filter((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol)));
}

const isIndex = (key) => typeof key === 'string' && /^(0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1;
const extraKeys = (ctx, value) => keysOf(ctx, value).filter((key) => !isIndex(key));

// ---- Objects -------------------------------------------------------------------------------------------------------

const setSize = Object.getOwnPropertyDescriptor(Set.prototype, 'size').get;
const typedLength = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  'length',
).get;
const mapSize = Object.getOwnPropertyDescriptor(Map.prototype, 'size').get;

// How one object is to be shown: braces, a base before them, keys, and the entries that are no keys; or `whole`, when
// nothing but one word is to be shown.
function describe(ctx, value, constructor, tag, depth) {
  // What has lost its iterator is no longer shown as a collection.
  if (constructor !== null && !(Symbol.iterator in value))
    return describePlain(ctx, value, constructor, tag, depth);
  if (Array.isArray(value)) {
    const prefix =
      constructor !== 'Array' || tag !== '' ? prefixOf(constructor, tag, 'Array', `(${value.length})`) : '';
    const keys = extraKeys(ctx, value);
    if (value.length === 0 && keys.length === 0) return { whole: `${prefix}[]` };
    return { braces: [`${prefix}[`, ']'], keys, extras: ARRAY_EXTRAS, entries: arrayEntries };
  }
  if (types.isSet(value)) {
    const size = setSize.call(value);
    return collection(ctx, value, prefixOf(constructor, tag, 'Set', `(${size})`), size, setEntries);
  }
  if (types.isMap(value)) {
    const size = mapSize.call(value);
    return collection(ctx, value, prefixOf(constructor, tag, 'Map', `(${size})`), size, mapEntries);
  }
  const typed = typedArrayName(value);
  if (typed !== undefined) {
    const keys = extraKeys(ctx, value);
    const size = typedLength.call(value);
    const braces = [`${prefixOf(constructor, tag, typed, `(${size})`)}[`, ']'];
    if (size === 0 && keys.length === 0 && !ctx.showHidden) return { whole: `${braces[0]}]` };
    return { braces, keys, extras: ARRAY_EXTRAS, entries: typedEntries };
  }
  for (const [is, name] of [
    [types.isMapIterator, 'Map'],
    [types.isSetIterator, 'Set'],
  ]) {
    if (!is(value)) continue;
    // What an iterator has left cannot be looked at without taking it.
    return {
      braces: [`${prefixOf(constructor, `${name} Iterator`, `${name} Iterator`)}{`, '}'],
      keys: keysOf(ctx, value),
    };
  }
  return describePlain(ctx, value, constructor, tag, depth);
}

function collection(ctx, value, prefix, size, entries) {
  const keys = keysOf(ctx, value);
  if (size === 0 && keys.length === 0) return { whole: `${prefix}{}` };
  return { braces: [`${prefix}{`, '}'], keys, entries };
}

function describePlain(ctx, value, constructor, tag, depth) {
  let keys = keysOf(ctx, value);
  const braces = ['{', '}'];
  const withBase = (base, style) =>
    keys.length === 0 ? { whole: ctx.stylize(base, style) } : { braces, keys, base };
  const called = (fallback) => {
    braces[0] = `${prefixOf(constructor, tag, fallback)}{`;
  };

  if (types.isArgumentsObject(value)) {
    braces[0] = `${constructor === null ? '[Arguments: null prototype]' : '[Arguments]'} {`;
    return keys.length === 0 ? { whole: `${braces[0]}}` } : { braces, keys };
  }
  if (typeof value === 'function') return withBase(functionBase(value, constructor, tag), 'special');
  if (types.isRegExp(value)) {
    const prefix = prefixOf(constructor, tag, 'RegExp');
    const base =
      (prefix === 'RegExp ' ? '' : prefix) +
      RegExp.prototype.toString.call(constructor === null ? new RegExp(value) : value);
    if (ctx.depth !== null && depth > ctx.depth) return { whole: ctx.stylize(base, 'regexp') };
    return withBase(base, 'regexp');
  }
  if (types.isDate(value)) {
    const prefix = prefixOf(constructor, tag, 'Date');
    const invalid = Number.isNaN(Date.prototype.getTime.call(value));
    const text = invalid ? Date.prototype.toString.call(value) : Date.prototype.toISOString.call(value);
    return withBase((prefix === 'Date ' ? '' : prefix) + text, 'date');
  }
  if (types.isNativeError(value) || value instanceof Error) {
    const base = errorBase(ctx, value, constructor, tag, keys);
    return keys.length === 0 ? { whole: base } : { braces, keys, base };
  }
  if (types.isAnyArrayBuffer(value)) {
    called(types.isArrayBuffer(value) ? 'ArrayBuffer' : 'SharedArrayBuffer');
    return { braces, keys, entries: bufferEntries };
  }
  if (types.isDataView(value)) {
    called('DataView');
    return { braces, keys, entries: viewEntries };
  }
  if (types.isPromise(value)) {
    called('Promise');
    return { braces, keys, entries: promiseEntries };
  }
  if (types.isWeakSet(value) || types.isWeakMap(value)) {
    called(types.isWeakSet(value) ? 'WeakSet' : 'WeakMap');
    return { braces, keys, entries: () => [ctx.stylize('<items unknown>', 'special')] };
  }
  if (
    typeof WeakRef === 'function' &&
    value instanceof WeakRef &&
    Object.prototype.toString.call(value) === '[object WeakRef]'
  ) {
    called('WeakRef');
    return { braces, keys, entries: weakRefEntries };
  }
  if (types.isModuleNamespaceObject(value)) {
    return { braces: ['[Module: null prototype] {', '}'], keys, entries: undefined };
  }
  if (types.isBoxedPrimitive(value)) {
    if (types.isStringObject(value))
      keys = keys.filter((key) => !isIndex(key) && !(ctx.showHidden && key === 'length'));
    const base = boxedBase(ctx, value, constructor, tag);
    return keys.length === 0
      ? { whole: ctx.stylize(base.text, base.style) }
      : { braces, keys, base: base.text };
  }
  if (constructor !== 'Object' || tag !== '') called('Object');
  if (keys.length === 0) return { whole: `${braces[0]}}` };
  return { braces, keys };
}

function formatObject(ctx, value, depth, typed) {
  const constructor = constructorName(ctx, value, depth);
  const tag = tagOf(ctx, value, constructor);
  const {
    whole,
    braces,
    keys,
    base = '',
    extras = OBJECT,
    entries,
  } = describe(ctx, value, constructor, tag, depth);
  if (whole !== undefined) return whole;
  if (ctx.depth !== null && depth > ctx.depth) {
    const fallback = Array.isArray(value) ? 'Array' : 'Object';
    const name = prefixOf(constructor, tag, fallback).slice(0, -1);
    return ctx.stylize(constructor === null ? name : `[${name}]`, 'special');
  }
  depth += 1;
  ctx.seen.push(value);
  ctx.currentDepth = depth;
  const output = entries === undefined ? [] : entries(ctx, value, depth, typed);
  for (const key of keys) output.push(formatProperty(ctx, value, depth, key, extras));
  let head = base;
  const reference = ctx.circular?.get(value);
  if (reference !== undefined) {
    const mark = ctx.stylize(`<ref *${reference}>`, 'special');
    if (ctx.compact !== true) head = base === '' ? mark : `${mark} ${base}`;
    else braces[0] = `${mark} ${braces[0]}`;
  }
  ctx.seen.pop();
  if (ctx.sorted) sortEntries(ctx, output, keys, extras);
  return layOut(ctx, output, head, braces, extras, depth, value);
}

function sortEntries(ctx, output, keys, extras) {
  const compare = ctx.sorted === true ? undefined : ctx.sorted;
  if (extras === OBJECT) {
    output.sort(compare);
  } else if (keys.length > 1) {
    output.push(...output.splice(output.length - keys.length).sort(compare));
  }
}

const IDENTIFIER = /^[a-zA-Z_][a-zA-Z_0-9]*$/;

function formatProperty(ctx, value, depth, key, extras) {
  const descriptor = Object.getOwnPropertyDescriptor(value, key) ?? { value: value[key], enumerable: true };
  let text;
  let gap = ' ';
  if (descriptor.value !== undefined) {
    const step = ctx.compact !== true || extras !== OBJECT ? 2 : 3;
    ctx.indentation += step;
    text = formatValue(ctx, descriptor.value, depth);
    // The most compact form gives what is wide a line of its own.
    if (step === 3 && ctx.breakLength < width(text, ctx.colors)) gap = `\n${' '.repeat(ctx.indentation)}`;
    ctx.indentation -= step;
  } else if (descriptor.get !== undefined) {
    text = formatGetter(ctx, value, descriptor, depth);
  } else {
    text =
      descriptor.set !== undefined
        ? ctx.stylize('[Setter]', 'special')
        : ctx.stylize('undefined', 'undefined');
  }
  if (extras === ARRAY) return text;
  return `${formatKey(ctx, key, descriptor)}:${gap}${text}`;
}

function formatKey(ctx, key, descriptor) {
  if (typeof key === 'symbol') {
    const name = ctx.stylize(formatSymbol(key), 'symbol');
    return descriptor.enumerable === false ? `[${name}]` : name;
  }
  if (key === '__proto__') return "['__proto__']";
  if (descriptor.enumerable === false) return `[${key}]`;
  return IDENTIFIER.test(key) ? ctx.stylize(key, 'name') : ctx.stylize(quote(key), 'string');
}

function formatGetter(ctx, value, { get, set }, depth) {
  const label = set === undefined ? 'Getter' : 'Getter/Setter';
  const asked =
    ctx.getters === true ||
    (ctx.getters === 'get' && set === undefined) ||
    (ctx.getters === 'set' && set !== undefined);
  if (!asked) return ctx.stylize(`[${label}]`, 'special');
  try {
    const got = get.call(value);
    ctx.indentation += 2;
    let text;
    if (got === null || !isObject(got))
      text = `${ctx.stylize(`[${label}:`, 'special')} ${formatPrimitive(ctx, got)}${ctx.stylize(']', 'special')}`;
    else text = `${ctx.stylize(`[${label}]`, 'special')} ${formatValue(ctx, got, depth)}`;
    ctx.indentation -= 2;
    return text;
  } catch (error) {
    return `${ctx.stylize(`[${label}:`, 'special')} <Inspection threw (${formatValue(ctx, error, depth)})>${ctx.stylize(']', 'special')}`;
  }
}

// ---- Entries that are no keys ----------------------------------------------------------------------------------------

const moreItems = (count) => `... ${count} more item${count > 1 ? 's' : ''}`;

function arrayEntries(ctx, value, depth) {
  const output = [];
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), value.length);
  let index = 0;
  while (index < value.length && output.length < shown) {
    if (Object.hasOwn(value, index)) {
      output.push(formatProperty(ctx, value, depth, String(index), ARRAY));
      index += 1;
      continue;
    }
    const from = index;
    while (index < value.length && !Object.hasOwn(value, index)) index += 1;
    output.push(ctx.stylize(`<${index - from} empty item${index - from > 1 ? 's' : ''}>`, 'undefined'));
  }
  if (index < value.length) output.push(moreItems(value.length - index));
  return output;
}

function typedEntries(ctx, value, depth) {
  const size = typedLength.call(value);
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), size);
  const output = [];
  for (let i = 0; i < shown; i += 1) output.push(formatPrimitive(ctx, value[i]));
  if (size > shown) output.push(moreItems(size - shown));
  if (ctx.showHidden) {
    ctx.indentation += 2;
    for (const key of ['BYTES_PER_ELEMENT', 'length', 'byteLength', 'byteOffset', 'buffer']) {
      output.push(`[${key}]: ${formatValue(ctx, value[key], depth, true)}`);
    }
    ctx.indentation -= 2;
  }
  return output;
}

// A list of what is shown of a collection, cut at the limit.
function collected(ctx, size, each, show) {
  const limit = Math.min(Math.max(0, ctx.maxArrayLength), size);
  const output = [];
  ctx.indentation += 2;
  for (const item of each) {
    if (output.length >= limit) break;
    output.push(show(item));
  }
  if (size > limit) output.push(moreItems(size - limit));
  ctx.indentation -= 2;
  return output;
}

function setEntries(ctx, value, depth) {
  return collected(ctx, setSize.call(value), Set.prototype.values.call(value), (item) =>
    formatValue(ctx, item, depth),
  );
}

function mapEntries(ctx, value, depth) {
  return collected(
    ctx,
    mapSize.call(value),
    Map.prototype.entries.call(value),
    ([key, item]) => `${formatValue(ctx, key, depth)} => ${formatValue(ctx, item, depth)}`,
  );
}

function bufferEntries(ctx, value) {
  const bytes = new Uint8Array(value);
  const shown = Math.min(Math.max(0, ctx.maxArrayLength), bytes.length);
  let text = Array.from(bytes.subarray(0, shown), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (bytes.length > shown)
    text += ` ... ${bytes.length - shown} more byte${bytes.length - shown > 1 ? 's' : ''}`;
  const size = formatPrimitive(ctx, value.byteLength);
  return [`${ctx.stylize('[Uint8Contents]', 'special')}: <${text}>`, `[byteLength]: ${size}`];
}

function viewEntries(ctx, value, depth) {
  ctx.indentation += 2;
  const output = ['byteLength', 'byteOffset', 'buffer'].map(
    (key) => `[${key}]: ${formatValue(ctx, value[key], depth)}`,
  );
  ctx.indentation -= 2;
  return output;
}

function promiseEntries(ctx, value, depth) {
  const [state, result] = promiseState(value) ?? ['pending'];
  if (state === 'pending') return [ctx.stylize('<pending>', 'special')];
  ctx.indentation += 2;
  const text = formatValue(ctx, result, depth);
  ctx.indentation -= 2;
  return [state === 'rejected' ? `${ctx.stylize('<rejected>', 'special')} ${text}` : text];
}

function weakRefEntries(ctx, value, depth) {
  ctx.indentation += 2;
  const target = value.deref();
  const text = target === undefined ? ctx.stylize('<cleared>', 'special') : formatValue(ctx, target, depth);
  ctx.indentation -= 2;
  return [text];
}

// ---- Bases -----------------------------------------------------------------------------------------------------------

function functionBase(value, constructor, tag) {
  const source = Function.prototype.toString.call(value);
  if (/^class\b/.test(source) && source.endsWith('}')) return classBase(value, constructor, tag);
  let type = 'Function';
  if (types.isGeneratorFunction(value)) type = `Generator${type}`;
  if (types.isAsyncFunction(value)) type = `Async${type}`;
  let base = `[${type}`;
  if (constructor === null) base += ' (null prototype)';
  base +=
    value.name === ''
      ? ' (anonymous)'
      : `: ${typeof value.name === 'string' ? value.name : inspect(value.name)}`;
  base += ']';
  if (constructor !== type && constructor !== null) base += ` ${constructor}`;
  if (tag !== '' && constructor !== tag) base += ` [${tag}]`;
  return base;
}

function classBase(value, constructor, tag) {
  let base = `[class ${Object.hasOwn(value, 'name') && value.name !== '' ? value.name : '(anonymous)'}`;
  if (constructor !== 'Function' && constructor !== null) base += ` [${constructor}]`;
  if (tag !== '' && constructor !== tag) base += ` [${tag}]`;
  if (constructor === null) return `${base} extends [null prototype]]`;
  const parent = Object.getPrototypeOf(value).name;
  if (parent) base += ` extends ${parent}`;
  return `${base}]`;
}

function boxedBase(ctx, value, constructor, tag) {
  const [name, prototype] = types.isNumberObject(value)
    ? ['Number', Number.prototype]
    : types.isStringObject(value)
      ? ['String', String.prototype]
      : types.isBooleanObject(value)
        ? ['Boolean', Boolean.prototype]
        : types.isBigIntObject(value)
          ? ['BigInt', BigInt.prototype]
          : ['Symbol', Symbol.prototype];
  let text = `[${name}`;
  if (name !== constructor) text += constructor === null ? ' (null prototype)' : ` (${constructor})`;
  text += `: ${formatPrimitive({ ...ctx, stylize: plain }, prototype.valueOf.call(value))}]`;
  if (tag !== '' && tag !== constructor) text += ` [${tag}]`;
  return { text, style: name.toLowerCase() };
}

const inheritedStack = Object.getOwnPropertyDescriptor(Error.prototype, 'stack')?.get;

// The stack with its head line, whether or not this engine's stacks have one.
function stackOf(error) {
  const head = () => Error.prototype.toString.call(error);
  // Where the stack is an accessor of `Error.prototype`, an error that lost that prototype still has one.
  const stack = 'stack' in error ? error.stack : inheritedStack?.call(error);
  if (!stack) return head();
  if (typeof stack !== 'string') return inspect(stack);
  if (!/^\s*at /.test(stack)) return stack;
  return `${head()}\n${stack.replace(/\n$/, '')}`;
}

function errorBase(ctx, error, constructor, tag, keys) {
  let name = 'Error';
  if (error.name !== undefined && error.name !== null) name = String(error.name);
  let stack = stackOf(error);
  for (const key of ['name', 'message', 'stack']) {
    const at = keys.indexOf(key);
    if (at !== -1 && (typeof error[key] !== 'string' || stack.includes(error[key]))) keys.splice(at, 1);
  }
  if ('cause' in error && !keys.includes('cause')) keys.push('cause');
  if (Array.isArray(Object.getOwnPropertyDescriptor(error, 'errors')?.value) && !keys.includes('errors'))
    keys.push('errors');
  stack = namedStack(stack, constructor, name, tag);
  const message = typeof error.message === 'string' ? error.message : '';
  const from = message === '' ? 0 : Math.max(0, stack.indexOf(message)) + message.length;
  const frames = stack.indexOf('\n    at', from);
  if (frames === -1) {
    stack = `[${stack}]`;
  } else {
    stack = withoutSharedFrames(ctx, error, stack, frames);
  }
  if (ctx.indentation !== 0) stack = stack.replaceAll('\n', `\n${' '.repeat(ctx.indentation)}`);
  return stack;
}

// The class is said in the head line where the name is only that of a parent: `Problem [TypeError]: text`.
function namedStack(stack, constructor, name, tag) {
  let said = name;
  let fallback = 'Error';
  if (constructor === null) {
    const start =
      /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/.exec(stack) ?? /^([a-z_A-Z0-9-]*Error)$/.exec(stack);
    said = start?.[1] ?? '';
    fallback = said || 'Error';
  } else if (
    !name.endsWith('Error') ||
    !stack.startsWith(name) ||
    !['', ':', '\n'].includes(stack.charAt(name.length))
  ) {
    return stack;
  }
  const prefix = prefixOf(constructor, tag, fallback).slice(0, -1);
  if (name === prefix) return stack;
  if (!prefix.includes(name)) return `${prefix} [${name}]${stack.slice(said.length)}`;
  return said === '' ? `${prefix}: ${stack}` : `${prefix}${stack.slice(said.length)}`;
}

// Frames that a cause will show again are counted instead.
function withoutSharedFrames(ctx, error, stack, frames) {
  const { cause } = error;
  if (!types.isNativeError(cause) || typeof cause.stack !== 'string') return stack;
  const lines = stack.slice(frames + 1).split('\n');
  const others = stackOf(cause)
    .split('\n')
    .filter((line) => line.startsWith('    at'));
  const { length, offset } = sharedRun(lines, others);
  if (length > 3) {
    const skipped = length - 2;
    const note = ctx.stylize(`    ... ${skipped} lines matching cause stack trace ...`, 'undefined');
    lines.splice(offset + 1, skipped, note);
  }
  return `${stack.slice(0, frames + 1)}${lines.join('\n')}`;
}

function sharedRun(a, b) {
  for (let i = 0; i < a.length - 3; i += 1) {
    const at = b.indexOf(a[i]);
    if (at === -1) continue;
    const rest = b.length - at;
    if (rest <= 3) continue;
    let length = 1;
    const most = Math.min(rest, a.length - i);
    while (length < most && a[i + length] === b[at + length]) length += 1;
    if (length > 3) return { length, offset: i };
  }
  return { length: 0, offset: 0 };
}

// ---- Lay-out ---------------------------------------------------------------------------------------------------------

// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;]*m/g;
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud83c-\ud83e][\udc00-\udfff]/g;
const ZERO = /[\u0300-\u036f\u200b-\u200f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]/g;

function width(text, coloured) {
  if (coloured) text = text.replace(ANSI, '');
  // eslint-disable-next-line no-control-regex
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const visible = text.normalize('NFC').replace(ZERO, '');
  return visible.replace(WIDE, '__').length;
}

function fitsOnLine(ctx, output, start, base) {
  let total = output.length + start;
  if (total + output.length > ctx.breakLength) return false;
  for (const text of output) {
    total += ctx.colors ? text.replace(ANSI, '').length : text.length;
    if (total > ctx.breakLength) return false;
  }
  return base === '' || !base.includes('\n');
}

function layOut(ctx, output, base, braces, extras, depth, value) {
  const lead = base === '' ? '' : `${base} `;
  const indent = `\n${' '.repeat(ctx.indentation)}`;
  if (ctx.compact === true) {
    if (fitsOnLine(ctx, output, 0, base)) {
      return `${braces[0]}${base === '' ? '' : ` ${base}`} ${output.join(', ')} ${braces[1]}`;
    }
    const line =
      base === '' && braces[0].length === 1 ? ' ' : `${base === '' ? '' : ` ${base}`}\n${indent.slice(1)}  `;
    return `${braces[0]}${line}${output.join(`,${indent}  `)} ${braces[1]}`;
  }
  if (typeof ctx.compact === 'number' && ctx.compact >= 1) {
    const entries = output.length;
    if (extras === ARRAY_EXTRAS && entries > 6) output = inColumns(ctx, output, value);
    if (ctx.currentDepth - depth < ctx.compact && entries === output.length) {
      const start = output.length + ctx.indentation + braces[0].length + base.length + 10;
      if (fitsOnLine(ctx, output, start, base)) {
        const joined = output.join(', ');
        if (!joined.includes('\n')) return `${lead}${braces[0]} ${joined} ${braces[1]}`;
      }
    }
  }
  return `${lead}${braces[0]}${indent}  ${output.join(`,${indent}  `)}${indent}${braces[1]}`;
}

// Many short entries of an array are set in columns, about two and a half times as wide as high.
function inColumns(ctx, output, value) {
  const hasMore = ctx.maxArrayLength < output.length;
  const count = hasMore ? output.length - 1 : output.length;
  const widths = output.slice(0, count).map((text) => width(text, ctx.colors));
  const total = widths.reduce((sum, each) => sum + each + 2, 0);
  const longest = Math.max(...widths, 0);
  const cell = longest + 2;
  if (cell * 3 + ctx.indentation >= ctx.breakLength || !(total / cell > 5 || longest <= 6)) return output;
  const bias = Math.sqrt(cell - total / output.length);
  const biased = Math.max(cell - 3 - bias, 1);
  const columns = Math.min(
    Math.round(Math.sqrt(2.5 * biased * count) / biased),
    Math.floor((ctx.breakLength - ctx.indentation) / cell),
    ctx.compact * 4,
    15,
  );
  if (columns <= 1) return output;
  const columnWidths = [];
  for (let column = 0; column < columns; column += 1) {
    let most = 0;
    for (let i = column; i < count; i += columns) most = Math.max(most, widths[i]);
    columnWidths.push(most + 2);
  }
  const right =
    value !== undefined &&
    Array.prototype.every.call(value, (item) => typeof item === 'number' || typeof item === 'bigint');
  const rows = [];
  for (let i = 0; i < count; i += columns) {
    const end = Math.min(i + columns, count);
    let row = '';
    for (let j = i; j < end; j += 1) {
      const last = j === end - 1;
      const text = last ? output[j] : `${output[j]}, `;
      const space = columnWidths[j - i] + output[j].length - widths[j] - (last ? 2 : 0);
      row += right ? text.padStart(space) : last ? text : text.padEnd(space);
    }
    rows.push(row);
  }
  if (hasMore) rows.push(output[count]);
  return rows;
}

// ---- format ----------------------------------------------------------------------------------------------------------

const BUILT_IN = new Set(
  Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z][a-zA-Z0-9]+$/.test(name)),
);

// Whether `String(value)` would only give the engine's own text.
function hasBuiltInToString(value) {
  const proxy = internal.proxyDetails?.(value);
  if (proxy !== undefined) {
    if (proxy[0] === null) return true;
    return hasBuiltInToString(proxy[0]);
  }
  if (typeof value[Symbol.toPrimitive] === 'function' && !types.isDate(value) && !types.isSymbolObject(value))
    return false;
  if (typeof value.toString !== 'function') return true;
  if (Object.hasOwn(value, 'toString')) return false;
  let pointer = value;
  do pointer = Object.getPrototypeOf(pointer);
  while (!Object.hasOwn(pointer, 'toString'));
  const descriptor = Object.getOwnPropertyDescriptor(pointer, 'constructor');
  return typeof descriptor?.value === 'function' && BUILT_IN.has(descriptor.value.name);
}

function json(value) {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (/circular/i.test(error.message)) return '[Circular]';
    throw error;
  }
}

function formatText(value, options) {
  if (typeof value === 'number') return formatNumber({ stylize: plain, ...options }, value);
  if (typeof value === 'bigint') return formatBigInt({ stylize: plain, ...options }, value);
  if (value === null || typeof value !== 'object' || !hasBuiltInToString(value)) return String(value);
  return inspect(value, { ...options, depth: 0, colors: false, compact: 3 });
}

function formatNumeric(parse, value, options, bigAllowed) {
  if (bigAllowed && typeof value === 'bigint') return formatBigInt({ stylize: plain, ...options }, value);
  if (typeof value === 'symbol') return 'NaN';
  return formatNumber({ stylize: plain, ...options }, parse(value));
}

const DIRECTIVES = {
  s: formatText,
  d: (value, options) => formatNumeric(Number, value, options, true),
  i: (value, options) =>
    formatNumeric((v) => (typeof v === 'object' && v !== null ? NaN : parseInt(v, 10)), value, options, true),
  f: (value, options) => formatNumeric(parseFloat, value, options, false),
  j: json,
  o: (value, options) => inspect(value, { ...options, showHidden: true, showProxy: true, depth: 4 }),
  O: (value, options) => inspect(value, options),
  c: () => '',
};

function formatWithOptions(options, ...args) {
  if (options === null || typeof options !== 'object') {
    throw new codes.ERR_INVALID_ARG_TYPE('inspectOptions', 'object', options);
  }
  return formatAll(options, args);
}

function formatAll(options, args) {
  let text = '';
  let next = 0;
  if (typeof args[0] === 'string') {
    next = 1;
    text =
      args.length === 1
        ? args[0]
        : args[0].replace(/%([sdifjoOc%])/g, (whole, letter) => {
            if (letter === '%') return '%';
            return next < args.length ? DIRECTIVES[letter](args[next++], options) : whole;
          });
  }
  for (; next < args.length; next += 1) {
    const value = args[next];
    if (next > 0) text += ' ';
    text +=
      typeof value === 'string'
        ? value
        : inspect(value, {
            ...options,
            compact: 3,
            colors: options.colors ?? false,
            depth: options.depth ?? 2,
          });
  }
  return text;
}

const format = (...args) => formatAll({}, args);

inspect.custom = custom;
Object.defineProperty(inspect, 'defaultOptions', {
  get: () => defaultOptions,
  set(options) {
    validate.object(options, 'options');
    Object.assign(defaultOptions, options);
  },
  configurable: true,
});
inspect.colors = colors;
inspect.styles = styles;

module.exports = { inspect, format, formatWithOptions, quote };
