// `node:console`: the object that is the global `console`.
//
// Needs of `internal`: `write(fd, text)`; standard output is 1, standard error 2. `now()` in milliseconds, if given, is
// the clock of `time`; otherwise `performance` or `Date` is asked.
'use strict';

const { inspect, formatWithOptions } = require('internal/inspect');
const { codes } = require('internal/errors');

const clock = () => internal.now?.() ?? (typeof performance === 'object' ? performance.now() : Date.now());

const GROUP_WIDTH = 2;

// Something to write lines to, by a descriptor or by a stream.
function sink(stream, fd) {
  return stream === undefined ? (text) => internal.write(fd, text) : (text) => void stream.write(text);
}

function duration(ms) {
  if (ms >= 3_600_000) return `${clockTime(ms, 3)} (h:mm:ss.mmm)`;
  if (ms >= 60_000) return `${clockTime(ms, 2)} (m:ss.mmm)`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(3)}s`;
  return `${Number(ms.toFixed(3))}ms`;
}

function clockTime(ms, parts) {
  const seconds = ((ms % 60_000) / 1000).toFixed(3).padStart(6, '0');
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  if (parts === 2) return `${minutes}:${seconds}`;
  return `${Math.floor(ms / 3_600_000)}:${String(minutes).padStart(2, '0')}:${seconds}`;
}

function Console(options, stderr, ignoreErrors) {
  if (!new.target) return new Console(options, stderr, ignoreErrors);
  if (!options || typeof options.write === 'function') options = { stdout: options, stderr };
  const { stdout, stderr: errors = stdout, groupIndentation = GROUP_WIDTH, inspectOptions } = options;
  for (const [name, stream] of [
    ['stdout', stdout],
    ['stderr', errors],
  ]) {
    if (!stream || typeof stream.write !== 'function') throw new codes.ERR_CONSOLE_WRITABLE_STREAM(name);
  }
  fill(this, sink(stdout), sink(errors), groupIndentation, inspectOptions);
}

// Gives `target` the methods of a console, each bound to it.
function fill(target, out, err, groupWidth = GROUP_WIDTH, inspectOptions = undefined) {
  const state = {
    out,
    err,
    groupWidth,
    inspectOptions: inspectOptions ?? {},
    indentation: '',
    counts: new Map(),
    timers: new Map(),
  };
  const methods = methodsOf(state, target);
  for (const name of Object.keys(methods)) {
    Object.defineProperty(target, name, {
      value: methods[name],
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
  return target;
}

function methodsOf(state, target) {
  const format = (args) => formatWithOptions(state.inspectOptions, ...args);
  const line = (write, text) => {
    const indented =
      state.indentation === '' ? text : state.indentation + text.replaceAll('\n', `\n${state.indentation}`);
    write(`${indented}\n`);
  };
  const warn = (text) => internal.emitWarning?.(text);
  const timed = (method, label, args) => {
    const from = state.timers.get(label);
    if (from === undefined) {
      warn(`No such label '${label}' for console.${method}()`);
      return false;
    }
    const taken = duration(clock() - from);
    if (args.length > 0) target.log('%s: %s', label, taken, ...args);
    else target.log('%s: %s', label, taken);
    return true;
  };
  const methods = {
    log(...args) {
      line(state.out, format(args));
    },
    warn(...args) {
      line(state.err, format(args));
    },
    error(...args) {
      line(state.err, format(args));
    },
    dir(value, options) {
      line(state.out, inspect(value, { customInspect: false, ...state.inspectOptions, ...options }));
    },
    time(label = 'default') {
      label = `${label}`;
      if (state.timers.has(label)) warn(`Label '${label}' already exists for console.time()`);
      else state.timers.set(label, clock());
    },
    timeEnd(label = 'default') {
      label = `${label}`;
      if (timed('timeEnd', label, [])) state.timers.delete(label);
    },
    timeLog(label = 'default', ...args) {
      timed('timeLog', `${label}`, args);
    },
    trace(...args) {
      const error = { name: 'Trace', message: format(args) };
      Error.captureStackTrace?.(error, methods.trace);
      const frames = (error.stack ?? '').split('\n').filter((frame) => /^\s*at /.test(frame));
      target.error([`Trace${error.message === '' ? '' : `: ${error.message}`}`, ...frames].join('\n'));
    },
    assert(condition, ...args) {
      if (condition) return;
      if (typeof args[0] === 'string') args[0] = `Assertion failed: ${args[0]}`;
      else args.unshift('Assertion failed');
      target.warn(...args);
    },
    clear() {},
    count(label = 'default') {
      label = `${label}`;
      const count = (state.counts.get(label) ?? 0) + 1;
      state.counts.set(label, count);
      target.log(`${label}: ${count}`);
    },
    countReset(label = 'default') {
      if (!state.counts.delete(`${label}`)) warn(`Count for '${label}' does not exist`);
    },
    group(...args) {
      if (args.length > 0) target.log(...args);
      state.indentation += ' '.repeat(state.groupWidth);
    },
    groupEnd() {
      state.indentation = state.indentation.slice(
        0,
        Math.max(0, state.indentation.length - state.groupWidth),
      );
    },
    table(data, properties) {
      if (data === null || typeof data !== 'object') return target.log(data);
      target.log(table(data, properties));
    },
  };
  methods.debug = methods.log;
  methods.info = methods.log;
  methods.dirxml = methods.log;
  methods.groupCollapsed = methods.group;
  return methods;
}

// ---- table -----------------------------------------------------------------------------------------------------------

const cell = (value) =>
  inspect(value, {
    maxArrayLength: 3,
    breakLength: Infinity,
    colors: false,
    depth:
      value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 2
        ? -1
        : 0,
  });

const isRow = (value) => value !== null && typeof value === 'object';

function table(data, properties) {
  if (properties !== undefined && !Array.isArray(properties))
    throw new codes.ERR_INVALID_ARG_TYPE('properties', 'Array', properties);
  const isMap = data instanceof Map;
  const isSet = data instanceof Set;
  if (isMap) {
    const rows = [...data].map(([key, value], i) => [String(i), cell(key), cell(value)]);
    return draw(['(iteration index)', 'Key', 'Values'], rows);
  }
  const entries = isSet
    ? [...data].map((value, i) => [String(i), value])
    : Object.keys(data).map((key) => [key, data[key]]);
  const columns = properties === undefined ? [] : [...properties];
  let hasValues = false;
  for (const [, value] of entries) {
    if (!isRow(value)) hasValues = true;
    else if (properties === undefined)
      for (const key of Object.keys(value)) if (!columns.includes(key)) columns.push(key);
  }
  const rows = entries.map(([key, value]) => [
    key,
    ...columns.map((column) => (isRow(value) && Object.hasOwn(value, column) ? cell(value[column]) : '')),
    ...(hasValues ? [isRow(value) ? '' : cell(value)] : []),
  ]);
  return draw([isSet ? '(iteration index)' : '(index)', ...columns, ...(hasValues ? ['Values'] : [])], rows);
}

function draw(head, rows) {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)) + 2);
  const row = (cells) => `│${cells.map((text, i) => ` ${text.padEnd(widths[i] - 1)}`).join('│')}│`;
  const rule = (left, middle, right) => left + widths.map((width) => '─'.repeat(width)).join(middle) + right;
  return [rule('┌', '┬', '┐'), row(head), rule('├', '┼', '┤'), ...rows.map(row), rule('└', '┴', '┘')].join(
    '\n',
  );
}

const console = fill({}, sink(undefined, 1), sink(undefined, 2));
Object.defineProperty(console, Symbol.toStringTag, { value: 'console', configurable: true });
console.Console = Console;

module.exports = console;
