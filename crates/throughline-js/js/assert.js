// `node:assert` and `node:assert/strict`.
//
// Needs of `internal`: what `types.js` may use. `callSource(error)`, if given, answers the text of the asserting
// expression, for `assert.ok` without a message; without it the message is `false == true`.
'use strict';

const { codes, headed, validate } = require('internal/errors');
const { inspect, format } = require('internal/inspect');
const { types } = require('internal/types');
const { isDeepEqual, isDeepStrictEqual, isPartialStrictEqual } = require('internal/comparisons');

const HEADINGS = {
  __proto__: null,
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  partialDeepStrictEqual: 'Expected values to be partially and strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
  notDeepEqualUnequal: 'Expected values not to be loosely deep-equal:',
};

const isReference = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';

function inspectWhole(value) {
  return inspect(value, {
    compact: false,
    customInspect: false,
    depth: 1000,
    maxArrayLength: Infinity,
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
  });
}

// ---- Differences -----------------------------------------------------------------------------------------------------

// The shortest way from one list of lines to the other (Myers), as steps: common, only actual, only expected.
function shortestEdit(actual, expected, sameLine) {
  const max = actual.length + expected.length;
  const trace = [];
  let reach = new Map([[1, 0]]);
  for (let d = 0; d <= max; d += 1) {
    trace.push(new Map(reach));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1));
      let x = down ? reach.get(k + 1) : reach.get(k - 1) + 1;
      let y = x - k;
      while (x < actual.length && y < expected.length && sameLine(actual[x], expected[y])) {
        x += 1;
        y += 1;
      }
      reach.set(k, x);
      if (x >= actual.length && y >= expected.length) return walkBack(trace, actual, expected);
    }
  }
  return [];
}

function walkBack(trace, actual, expected) {
  const steps = [];
  let x = actual.length;
  let y = expected.length;
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const reach = trace[d];
    const k = x - y;
    const down = k === -d || (k !== d && reach.get(k - 1) < reach.get(k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = reach.get(fromK);
    const fromY = fromX - fromK;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      // Of two lines that differ by a comma only, the one with it is shown.
      steps.push({ kind: 'common', line: actual[x].endsWith(',') ? actual[x] : expected[y] });
    }
    if (d === 0) break;
    if (x > fromX) steps.push({ kind: 'actual', line: actual[(x -= 1)] });
    else steps.push({ kind: 'expected', line: expected[(y -= 1)] });
  }
  return steps.reverse();
}

const COMMON_SHOWN = 5;
const MARKS = { actual: '+ ', expected: '- ', common: '  ' };

function printEdit(steps) {
  const output = [];
  let skipped = false;
  let common = 0;
  steps.forEach(({ kind, line }, i) => {
    if (kind !== 'common' && common > 0) {
      const before = (n) => `  ${steps[i - n].line}`;
      if (common === COMMON_SHOWN + 1) output.push(before(1));
      else if (common === COMMON_SHOWN + 2) output.push(before(2), before(1));
      else if (common > COMMON_SHOWN + 2) {
        output.push('...', before(1));
        skipped = true;
      }
    }
    if (kind !== 'common') common = 0;
    else common += 1;
    if (kind !== 'common' || common <= COMMON_SHOWN) output.push(`${MARKS[kind]}${line}`);
  });
  return { text: `\n${output.join('\n').trimEnd()}`, skipped };
}

// An error without its stack: two errors differ by what they say, not by where they were made.
function withoutStack(error) {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(error)), error);
  Object.defineProperty(copy, 'message', { value: error.message });
  if (Object.hasOwn(error, 'cause')) {
    const cause = error.cause instanceof Error ? withoutStack(error.cause) : error.cause;
    Object.defineProperty(copy, 'cause', { value: cause });
  }
  return copy;
}

function difference(actual, expected, operator, heading) {
  if (actual instanceof Error && expected instanceof Error && 'stack' in actual && 'stack' in expected) {
    [actual, expected] = [withoutStack(actual), withoutStack(expected)];
  }
  const left = inspectWhole(actual);
  const right = inspectWhole(expected);
  let key = operator;
  if (
    operator === 'strictEqual' &&
    isReference(actual) &&
    isReference(expected) &&
    typeof actual === typeof expected
  ) {
    key = 'strictEqualObject';
  }
  let legend = '+ actual - expected';
  let text;
  let skipped = false;
  const leftLines = left.split('\n');
  const rightLines = right.split('\n');
  const isSmall = leftLines.length === 1 && rightLines.length === 1;
  const bothObjects =
    typeof actual === 'object' && actual !== null && typeof expected === 'object' && expected !== null;
  if (isSmall && !bothObjects) {
    const isBrief = side(actual, left) + side(expected, right) <= 12 && (actual !== 0 || expected !== 0);
    if (isBrief) {
      legend = '';
      text = `${left} !== ${right}`;
    } else {
      text = stacked(left, right);
    }
  } else if (left === right) {
    key = 'notIdentical';
    legend = '';
    skipped = leftLines.length > 50;
    text = skipped ? `${leftLines.slice(0, 50).join('\n')}\n...}` : left;
  } else {
    const withCommas = actual !== null && actual !== undefined && typeof actual === 'object';
    const sameLine = withCommas ? (a, b) => a === b || `${a},` === b || a === `${b},` : (a, b) => a === b;
    ({ text, skipped } = printEdit(shortestEdit(leftLines, rightLines, sameLine)));
  }
  return `${heading || HEADINGS[key]}\n${legend}${skipped ? '\n... Skipped lines' : ''}\n${text}\n`;
}

const side = (value, text) => text.length - (typeof value === 'string' ? 2 : 0);

function stacked(left, right) {
  const longest = Math.max(left.length, right.length);
  let at = 0;
  while (at < longest && left[at] === right[at]) at += 1;
  const pointer =
    at >= 3 && at < longest && left.length + right.length <= 80 ? `\n${' '.repeat(at + 2)}^` : '';
  return `\n+ ${left}\n- ${right}${pointer}`;
}

const cut = (text, limit) => (text.length > limit ? `${text.slice(0, limit - 3)}...` : text);

function messageOf(actual, expected, operator) {
  if (operator === 'deepStrictEqual' || operator === 'strictEqual' || operator === 'partialDeepStrictEqual') {
    return difference(actual, expected, operator);
  }
  if (operator === 'notDeepStrictEqual' || operator === 'notStrictEqual') {
    const key = operator === 'notStrictEqual' && isReference(actual) ? 'notStrictEqualObject' : operator;
    const lines = inspectWhole(actual).split('\n');
    if (lines.length > 50) lines.splice(46, lines.length, '...');
    if (lines.length > 1) return `${HEADINGS[key]}\n\n${lines.join('\n')}\n`;
    return `${HEADINGS[key]}${lines[0].length > 5 ? '\n\n' : ' '}${lines[0]}`;
  }
  const left = inspectWhole(actual);
  const right = inspectWhole(expected);
  if (operator === 'notDeepEqual' && left === right) return cut(`${HEADINGS.notDeepEqual}\n\n${left}`, 1024);
  const [a, b] = [cut(left, 512), cut(right, 512)];
  if (operator === 'deepEqual') return `${HEADINGS.deepEqual}\n\n${a}\n\nshould loosely deep-equal\n\n${b}`;
  const unequal = HEADINGS[`${operator}Unequal`];
  if (unequal !== undefined) return `${unequal}\n\n${a}\n\nshould not loosely deep-equal\n\n${b}`;
  return `${a} ${operator} ${b}`;
}

// ---- AssertionError --------------------------------------------------------------------------------------------------

const DIFFED = ['deepStrictEqual', 'strictEqual', 'partialDeepStrictEqual'];

class AssertionError extends Error {
  constructor(options) {
    validate.object(options, 'options');
    const { message, operator, stackStartFn, actual, expected, diff = 'simple' } = options;
    const given = message !== undefined && message !== null;
    let text = given ? String(message) : messageOf(actual, expected, operator);
    if (given && DIFFED.includes(operator)) text = difference(actual, expected, operator, text);
    super(text);
    this.generatedMessage = !message;
    Object.defineProperty(this, 'name', {
      value: 'AssertionError [ERR_ASSERTION]',
      writable: true,
      configurable: true,
    });
    this.code = 'ERR_ASSERTION';
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    this.diff = diff;
    Error.captureStackTrace?.(this, stackStartFn);
    headed(this, `${this.name}: ${text}`);
    void this.stack;
    this.name = 'AssertionError';
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  [inspect.custom](depth, options) {
    // Long values are shown by the message already.
    const { actual, expected } = this;
    if (typeof actual === 'string') this.actual = brief(actual);
    if (typeof expected === 'string') this.expected = brief(expected);
    const shown = inspect(this, { ...options, customInspect: false, depth: 0 });
    this.actual = actual;
    this.expected = expected;
    return shown;
  }
}

function brief(text) {
  const lines = text.split('\n');
  if (lines.length > 10) return `${lines.slice(0, 10).join('\n')}\n...`;
  return text.length > 488 ? `${text.slice(0, 488)}...` : text;
}

// ---- Failing ---------------------------------------------------------------------------------------------------------

// What a caller gave as message: nothing, an error to throw instead, a text with arguments, or a function that makes it.
function messageFrom(given, actual, expected) {
  if (given.length === 0) return undefined;
  const [first, ...rest] = given;
  if (first instanceof Error) throw first;
  if (typeof first === 'string') return rest.length > 0 ? format(first, ...rest) : first;
  if (typeof first === 'function') {
    const made = first(actual, expected);
    return typeof made === 'string' ? made : undefined;
  }
  throw new codes.ERR_INVALID_ARG_TYPE('message', ['string', 'function'], first);
}

function fail_(details) {
  if (details.message instanceof Error) throw details.message;
  throw new AssertionError(details);
}

const isNothing = (value) => value === undefined || value === null;

function innerOk(fn, count, value, given) {
  if (value) return;
  let message;
  let generated = false;
  if (count === 0) {
    generated = true;
    message = 'No value argument passed to `assert.ok()`';
  } else if (isNothing(given[0])) {
    generated = true;
    const probe = {};
    Error.captureStackTrace?.(probe, fn);
    const source = internal.callSource?.(probe);
    message =
      source === undefined
        ? `${inspect(value)} == true`
        : `The expression evaluated to a falsy value:\n\n  ${source}\n`;
  } else {
    message = messageFrom(given, value, true);
  }
  const error = new AssertionError({
    actual: value,
    expected: true,
    message,
    operator: '==',
    stackStartFn: fn,
  });
  error.generatedMessage = generated;
  throw error;
}

function assert(...args) {
  innerOk(assert, args.length, args[0], args.slice(1));
}

function ok(...args) {
  innerOk(ok, args.length, args[0], args.slice(1));
}

function fail(message) {
  if (message instanceof Error) throw message;
  const error = new AssertionError({
    message: message === undefined ? 'Failed' : message,
    operator: 'fail',
    stackStartFn: fail,
  });
  if (message === undefined) error.generatedMessage = true;
  throw error;
}

// A function that compares two values; `holds` says whether they are as they should be.
function comparison(name, operator, holds) {
  const compare = {
    [name](actual, expected, ...message) {
      if (arguments.length < 2) throw new codes.ERR_MISSING_ARGS('actual', 'expected');
      if (holds(actual, expected)) return;
      const text = messageFrom(message, actual, expected);
      fail_({ actual, expected, message: text, operator, stackStartFn: compare });
    },
  }[name];
  return compare;
}

// eslint-disable-next-line eqeqeq
const looseEqual = (a, b) => a == b || (a !== a && b !== b);

const equal = comparison('equal', '==', looseEqual);
const notEqual = comparison('notEqual', '!=', (a, b) => !looseEqual(a, b));
const deepEqual = comparison('deepEqual', 'deepEqual', isDeepEqual);
const notDeepEqual = comparison('notDeepEqual', 'notDeepEqual', (a, b) => !isDeepEqual(a, b));
const deepStrictEqual = comparison('deepStrictEqual', 'deepStrictEqual', isDeepStrictEqual);
const notDeepStrictEqual = comparison(
  'notDeepStrictEqual',
  'notDeepStrictEqual',
  (a, b) => !isDeepStrictEqual(a, b),
);
const strictEqual = comparison('strictEqual', 'strictEqual', Object.is);
const notStrictEqual = comparison('notStrictEqual', 'notStrictEqual', (a, b) => !Object.is(a, b));
const partialDeepStrictEqual = comparison(
  'partialDeepStrictEqual',
  'partialDeepStrictEqual',
  isPartialStrictEqual,
);

// ---- Exceptions ------------------------------------------------------------------------------------------------------

const NO_EXCEPTION = Symbol('no exception');

// Shown in messages as what was compared of an error: the keys asked for, and no others.
class Comparison {
  constructor(object, keys, actual) {
    for (const key of keys) {
      if (!(key in object)) continue;
      this[key] = actual !== undefined && matches(actual[key], object[key]) ? actual[key] : object[key];
    }
  }
}

const matches = (text, pattern) =>
  typeof text === 'string' && types.isRegExp(pattern) && pattern.exec(text) !== null;

function compareKey(actual, expected, key, message, keys, fn) {
  if (key in actual && isDeepStrictEqual(actual[key], expected[key])) return;
  if (message)
    fail_({
      actual,
      expected,
      message: messageFrom([message], actual, expected),
      operator: fn.name,
      stackStartFn: fn,
    });
  const error = new AssertionError({
    actual: new Comparison(actual, keys),
    expected: new Comparison(expected, keys, actual),
    operator: 'deepStrictEqual',
    stackStartFn: fn,
  });
  error.actual = actual;
  error.expected = expected;
  error.operator = fn.name;
  throw error;
}

function checkAgainstObject(actual, expected, message, fn) {
  if (typeof actual !== 'object' || actual === null) {
    const error = new AssertionError({
      actual,
      expected,
      message,
      operator: 'deepStrictEqual',
      stackStartFn: fn,
    });
    error.operator = fn.name;
    throw error;
  }
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push('name', 'message');
  else if (keys.length === 0)
    throw new codes.ERR_INVALID_ARG_VALUE('error', expected, 'may not be an empty object');
  for (const key of keys) {
    if (!matches(actual[key], expected[key])) compareKey(actual, expected, key, message, keys, fn);
  }
}

// Why an exception is not the expected one; nothing if it is.
function complaint(actual, expected) {
  if (types.isRegExp(expected)) {
    const text = String(actual);
    if (expected.exec(text) !== null) return undefined;
    return `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(text)}\n`;
  }
  if (expected.prototype !== undefined && actual instanceof expected) return undefined;
  const isError = types.isNativeError(actual) || actual instanceof Error;
  if (Object.prototype.isPrototypeOf.call(Error, expected) || expected === Error) {
    const received = isError
      ? `"${actual.name}"\n\nError message:\n\n${actual.message}`
      : `"${inspect(actual, { depth: -1 })}"`;
    return `The error is expected to be an instance of "${expected.name}". Received ${received}`;
  }
  const result = Reflect.apply(expected, {}, [actual]);
  if (result === true) return undefined;
  const name = expected.name ? `"${expected.name}" ` : '';
  const caught = isError ? `\n\nCaught error:\n\n${actual}` : '';
  return `The ${name}validation function is expected to return "true". Received ${inspect(result)}${caught}`;
}

function checkException(actual, expected, message, fn) {
  if (typeof expected !== 'function' && !types.isRegExp(expected))
    return checkAgainstObject(actual, expected, message, fn);
  const text = complaint(actual, expected);
  if (text === undefined) return;
  const error = new AssertionError({
    actual,
    expected,
    message: message || text,
    operator: fn.name,
    stackStartFn: fn,
  });
  error.generatedMessage = !message;
  throw error;
}

const EXPECTABLE = ['Object', 'Error', 'Function', 'RegExp'];

function expectError(fn, actual, args) {
  let [error, message] = args;
  if (typeof error === 'string') {
    if (args.length === 2) throw new codes.ERR_INVALID_ARG_TYPE('error', EXPECTABLE, error);
    if (typeof actual === 'object' && actual !== null) {
      if (actual.message === error) {
        throw new codes.ERR_AMBIGUOUS_ARGUMENT(
          'error/message',
          `The error message "${actual.message}" is identical to the message.`,
        );
      }
    } else if (actual === error) {
      throw new codes.ERR_AMBIGUOUS_ARGUMENT(
        'error/message',
        `The error "${actual}" is identical to the message.`,
      );
    }
    [error, message] = [undefined, error];
  } else if (!isNothing(error) && typeof error !== 'object' && typeof error !== 'function') {
    throw new codes.ERR_INVALID_ARG_TYPE('error', EXPECTABLE, error);
  }
  if (actual === NO_EXCEPTION) {
    const kind = fn === rejects ? 'rejection' : 'exception';
    const details = `${error?.name ? ` (${error.name})` : ''}${message ? `: ${message}` : '.'}`;
    fail_({
      actual: undefined,
      expected: error,
      operator: fn.name,
      message: `Missing expected ${kind}${details}`,
      stackStartFn: fn,
    });
  }
  if (error) checkException(actual, error, message, fn);
}

function isThat(actual, expected) {
  if (typeof expected !== 'function') {
    if (types.isRegExp(expected)) return expected.exec(String(actual)) !== null;
    throw new codes.ERR_INVALID_ARG_TYPE('expected', ['Function', 'RegExp'], expected);
  }
  if (expected.prototype !== undefined && actual instanceof expected) return true;
  if (Object.prototype.isPrototypeOf.call(Error, expected)) return false;
  return Reflect.apply(expected, {}, [actual]) === true;
}

function expectNoError(fn, actual, [error, message]) {
  if (actual === NO_EXCEPTION) return;
  if (typeof error === 'string') [error, message] = [undefined, error];
  if (error && !isThat(actual, error)) throw actual;
  const kind = fn === doesNotReject ? 'rejection' : 'exception';
  const text = `Got unwanted ${kind}${message ? `: ${message}` : '.'}\nActual message: "${actual && actual.message}"`;
  fail_({ actual, expected: error, operator: fn.name, message: text, stackStartFn: fn });
}

function thrownBy(fn) {
  validate.function(fn, 'fn');
  try {
    fn();
  } catch (error) {
    return error;
  }
  return NO_EXCEPTION;
}

const isPromiseLike = (value) =>
  types.isPromise(value) ||
  (value !== null &&
    typeof value === 'object' &&
    typeof value.then === 'function' &&
    typeof value.catch === 'function');

async function rejectionOf(promiseFn) {
  let promise = promiseFn;
  if (typeof promiseFn === 'function') {
    promise = promiseFn();
    if (!isPromiseLike(promise))
      throw new codes.ERR_INVALID_RETURN_VALUE('instance of Promise', 'promiseFn', promise);
  } else if (!isPromiseLike(promiseFn)) {
    throw new codes.ERR_INVALID_ARG_TYPE('promiseFn', ['Function', 'Promise'], promiseFn);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NO_EXCEPTION;
}

function throws(fn, ...args) {
  expectError(throws, thrownBy(fn), args);
}

async function rejects(promiseFn, ...args) {
  expectError(rejects, await rejectionOf(promiseFn), args);
}

function doesNotThrow(fn, ...args) {
  expectNoError(doesNotThrow, thrownBy(fn), args);
}

async function doesNotReject(promiseFn, ...args) {
  expectNoError(doesNotReject, await rejectionOf(promiseFn), args);
}

function ifError(error) {
  if (isNothing(error)) return;
  let message = 'ifError got unwanted exception: ';
  if (typeof error === 'object' && typeof error.message === 'string') {
    message += error.message.length === 0 && error.constructor ? error.constructor.name : error.message;
  } else {
    message += inspect(error);
  }
  throw new AssertionError({
    actual: error,
    expected: null,
    operator: 'ifError',
    message,
    stackStartFn: ifError,
  });
}

function checkMatch(string, regexp, given, fn, wanted) {
  if (!types.isRegExp(regexp)) throw new codes.ERR_INVALID_ARG_TYPE('regexp', 'RegExp', regexp);
  if (typeof string === 'string' && (regexp.exec(string) !== null) === wanted) return;
  const own = isNothing(given[0]) ? undefined : messageFrom(given, string, regexp);
  let text = own;
  if (!own) {
    if (typeof string !== 'string')
      text = `The "string" argument must be of type string. Received type ${typeof string} (${inspect(string)})`;
    else {
      const rule = wanted
        ? 'The input did not match the regular expression'
        : 'The input was expected to not match the regular expression';
      text = `${rule} ${inspect(regexp)}. Input:\n\n${inspect(string)}\n`;
    }
  }
  const error = new AssertionError({
    actual: string,
    expected: regexp,
    message: text,
    operator: fn.name,
    stackStartFn: fn,
  });
  error.generatedMessage = given.length === 0;
  throw error;
}

function match(string, regexp, ...message) {
  checkMatch(string, regexp, message, match, true);
}

function doesNotMatch(string, regexp, ...message) {
  checkMatch(string, regexp, message, doesNotMatch, false);
}

const common = {
  fail,
  equal,
  notEqual,
  deepEqual,
  notDeepEqual,
  deepStrictEqual,
  notDeepStrictEqual,
  strictEqual,
  notStrictEqual,
  partialDeepStrictEqual,
  match,
  doesNotMatch,
  throws,
  rejects,
  doesNotThrow,
  doesNotReject,
  ifError,
};

const STRICT = {
  equal: strictEqual,
  deepEqual: deepStrictEqual,
  notEqual: notStrictEqual,
  notDeepEqual: notDeepStrictEqual,
};

// An `assert` of its own: strict unless asked otherwise.
function Assert(options) {
  if (!new.target) throw new codes.ERR_CONSTRUCT_CALL_REQUIRED('Assert');
  const { diff = 'simple', strict: isStrict = true } = options ?? {};
  validate.oneOf(diff, 'options.diff', ['simple', 'full']);
  this.AssertionError = AssertionError;
  if (isStrict) Object.assign(this, STRICT);
}
Object.assign(Assert.prototype, { ok }, common);

Object.assign(assert, { AssertionError, ok }, common);

function strict(...args) {
  innerOk(strict, args.length, args[0], args.slice(1));
}
assert.strict = Object.assign(strict, assert, STRICT);
assert.strict.strict = assert.strict;
assert.Assert = Assert;
assert.strict.Assert = Assert;

module.exports = assert;
