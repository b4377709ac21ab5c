// The errors of Node: their codes, classes and texts.
//
// Required as `internal/errors`. Needs of `internal`: nothing. Requires `node:util` (for `inspect`), and that only when
// an error is made, because `node:util` requires this file.
'use strict';

const inspect = (value, options) => require('node:util').inspect(value, options);

const longer = (text, limit) => (text.length > limit ? `${text.slice(0, limit)}...` : text);

// What stands behind "Received" in a message.
function determineSpecificType(value) {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'function':
      return `function ${value.name}`;
    case 'object': {
      const { constructor } = value;
      if (constructor && 'name' in Object(constructor)) return `an instance of ${constructor.name}`;
      return inspect(value, { depth: -1 });
    }
    case 'string': {
      const text = longer(value, value.length > 28 ? 25 : 28);
      return `type string (${text.includes("'") ? JSON.stringify(text) : `'${text}'`})`;
    }
    case 'number':
      return `type number (${Object.is(value, -0) ? '-0' : value})`;
    case 'bigint':
      return `type bigint (${value}n)`;
    default:
      return `type ${typeof value} (${String(value)})`;
  }
}

// "a", "a or b", "a, b, or c".
function list(words, conjunction = 'or') {
  if (words.length < 3) return words.join(` ${conjunction} `);
  return `${words.slice(0, -1).join(', ')}, ${conjunction} ${words[words.length - 1]}`;
}

const PRIMITIVE_NAMES = [
  'string',
  'function',
  'number',
  'object',
  'Function',
  'Object',
  'boolean',
  'bigint',
  'symbol',
];
const CLASS_NAME = /^[A-Z][a-zA-Z0-9]*$/;

function expectation(expected) {
  const types = [];
  const classes = [];
  const others = [];
  for (const name of Array.isArray(expected) ? expected : [expected]) {
    if (PRIMITIVE_NAMES.includes(name)) types.push(name.toLowerCase());
    else if (CLASS_NAME.test(name)) classes.push(name);
    else others.push(name);
  }
  // Beside classes, "object" is spoken of as one of them.
  const object = types.indexOf('object');
  if (classes.length > 0 && object >= 0) {
    types.splice(object, 1);
    classes.push('Object');
  }
  const parts = [];
  if (types.length > 0) parts.push(`${types.length > 1 ? 'one of type' : 'of type'} ${list(types)}`);
  if (classes.length > 0) parts.push(`an instance of ${list(classes)}`);
  if (others.length > 1) parts.push(`one of ${list(others)}`);
  else if (others.length === 1)
    parts.push(`${others[0].toLowerCase() === others[0] ? '' : 'an '}${others[0]}`);
  return parts.join(' or ');
}

const subject = (name) =>
  name.endsWith(' argument') ? name : `"${name}" ${name.includes('.') ? 'property' : 'argument'}`;

// 1234567 as 1_234_567.
function separated(digits) {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, '_');
}

function receivedNumber(input) {
  if (Number.isInteger(input) && Math.abs(input) > 2 ** 32) return separated(String(input));
  if (typeof input === 'bigint') {
    const text = String(input);
    return `${input > 2n ** 32n || input < -(2n ** 32n) ? separated(text) : text}n`;
  }
  return inspect(input);
}

function missing(...names) {
  const quoted = names.map((name) =>
    Array.isArray(name) ? name.map((n) => `"${n}"`).join(' or ') : `"${name}"`,
  );
  return `The ${list(quoted, 'and')} argument${quoted.length > 1 ? 's' : ''} must be specified`;
}

function invalidValue(name, value, reason = 'is invalid') {
  return `The ${name.includes('.') ? 'property' : 'argument'} '${name}' ${reason}. Received ${longer(inspect(value), 128)}`;
}

function wrongReturn(expected, name, value) {
  return `Expected ${expected} to be returned from the "${name}" function but got ${determineSpecificType(value)}.`;
}

const importedFrom = (base) => (base ? ` imported from ${base}` : '');

function invalidTarget(path, key, target, isImport = false, base = undefined) {
  const hint =
    typeof target === 'string' && !isImport && target !== '' && !target.startsWith('./')
      ? '; targets must start with "./"'
      : '';
  const where = `in the package config ${path}package.json${importedFrom(base)}${hint}`;
  if (key === '.') return `Invalid "exports" main target ${JSON.stringify(target)} defined ${where}`;
  return `Invalid "${isImport ? 'imports' : 'exports'}" target ${JSON.stringify(target)} defined for '${key}' ${where}`;
}

const unhandled = (error) => (error === undefined ? 'Unhandled error.' : `Unhandled error. (${error})`);

// code: [class, text or function that makes it]; a text takes the arguments at its `%s`.
const CATALOGUE = {
  ERR_AMBIGUOUS_ARGUMENT: [TypeError, 'The "%s" argument is ambiguous. %s'],
  ERR_ARG_NOT_ITERABLE: [TypeError, '%s must be iterable'],
  ERR_ASYNC_CALLBACK: [TypeError, '%s must be a function'],
  ERR_ASYNC_TYPE: [TypeError, 'Invalid name for async "type": %s'],
  ERR_BUFFER_OUT_OF_BOUNDS: [
    RangeError,
    (name) => (name ? `"${name}" is outside of buffer bounds` : 'Attempt to access memory outside buffer bounds'),
  ],
  ERR_CLOSED_MESSAGE_PORT: [Error, 'Cannot send data on closed MessagePort'],
  ERR_CONSOLE_WRITABLE_STREAM: [TypeError, 'Console expects a writable stream instance for %s'],
  ERR_CONSTRUCT_CALL_REQUIRED: [TypeError, 'Class constructor %s cannot be invoked without `new`'],
  ERR_ENCODING_INVALID_ENCODED_DATA: [TypeError, 'The encoded data was not valid for encoding %s'],
  ERR_ENCODING_NOT_SUPPORTED: [RangeError, 'The "%s" encoding is not supported'],
  ERR_EVENT_RECURSION: [Error, 'The event "%s" is already being dispatched'],
  ERR_FALSY_VALUE_REJECTION: [Error, () => 'Promise was rejected with falsy value'],
  ERR_HTTP_BODY_NOT_ALLOWED: [Error, 'Adding content for this request method or response status is not allowed.'],
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: [
    Error,
    "Response body's content-length of %s byte(s) does not match the content-length of %s byte(s) set in header",
  ],
  ERR_HTTP_HEADERS_SENT: [Error, 'Cannot %s headers after they are sent to the client'],
  ERR_HTTP_INVALID_HEADER_VALUE: [TypeError, 'Invalid value "%s" for header "%s"'],
  ERR_HTTP_INVALID_STATUS_CODE: [RangeError, 'Invalid status code: %s'],
  ERR_HTTP_REQUEST_TIMEOUT: [Error, 'Request timeout'],
  ERR_HTTP_SOCKET_ASSIGNED: [Error, 'ServerResponse has an already assigned socket'],
  ERR_HTTP_TRAILER_INVALID: [Error, 'Trailers are invalid with this transfer encoding'],
  ERR_ILLEGAL_CONSTRUCTOR: [TypeError, 'Illegal constructor'],
  ERR_IMPORT_ATTRIBUTE_MISSING: [TypeError, 'Module "%s" needs an import attribute of "%s: %s"'],
  ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE: [TypeError, 'Module "%s" is not of type "%s"'],
  ERR_IMPORT_ATTRIBUTE_UNSUPPORTED: [TypeError, 'Import attribute "%s" with value "%s" is not supported in %s'],
  ERR_INTERNAL_ASSERTION: [Error, '%s'],
  ERR_INVALID_ARG_TYPE: [
    TypeError,
    (name, expected, value) =>
      `The ${subject(name)} must be ${expectation(expected)}. Received ${determineSpecificType(value)}`,
  ],
  ERR_INVALID_ARG_VALUE: [TypeError, invalidValue],
  ERR_INVALID_ASYNC_ID: [RangeError, (name, value) => require('internal/inspect').format('Invalid %s value: %s', name, value)],
  ERR_INVALID_BUFFER_SIZE: [RangeError, 'Buffer size must be a multiple of %s'],
  ERR_INVALID_CHAR: [
    TypeError,
    (name, field) => `Invalid character in ${name}${field === undefined ? '' : ` ["${field}"]`}`,
  ],
  ERR_INVALID_FILE_URL_HOST: [TypeError, 'File URL host must be "localhost" or empty on %s'],
  ERR_INVALID_FILE_URL_PATH: [TypeError, 'File URL path %s'],
  ERR_INVALID_HTTP_TOKEN: [TypeError, '%s must be a valid HTTP token ["%s"]'],
  ERR_INVALID_MODULE_SPECIFIER: [
    TypeError,
    (request, reason, base) => `Invalid module "${request}" ${reason}${importedFrom(base)}`,
  ],
  ERR_INVALID_PACKAGE_CONFIG: [
    Error,
    (path, base, text) =>
      `Invalid package config ${path}${base ? ` while importing ${base}` : ''}${text ? `. ${text}` : ''}`,
  ],
  ERR_INVALID_PACKAGE_TARGET: [Error, invalidTarget],
  ERR_INVALID_PROTOCOL: [TypeError, 'Protocol "%s" not supported. Expected "%s"'],
  ERR_INVALID_RETURN_VALUE: [TypeError, wrongReturn],
  ERR_INVALID_STATE: [Error, 'Invalid state: %s'],
  ERR_INVALID_THIS: [TypeError, 'Value of "this" must be of type %s'],
  ERR_INVALID_TUPLE: [TypeError, '%s must be an iterable %s tuple'],
  ERR_INVALID_URI: [URIError, 'URI malformed'],
  ERR_INVALID_URL: [TypeError, () => 'Invalid URL'],
  ERR_INVALID_URL_SCHEME: [TypeError, (expected) => `The URL must be of scheme ${expected}`],
  ERR_METHOD_NOT_IMPLEMENTED: [Error, 'The %s method is not implemented'],
  ERR_MISSING_ARGS: [TypeError, missing],
  ERR_MULTIPLE_CALLBACK: [Error, 'Callback called multiple times'],
  ERR_MODULE_NOT_FOUND: [
    Error,
    (path, base, url) => `Cannot find ${url ? 'module' : 'package'} '${path}' imported from ${base}`,
  ],
  ERR_OUT_OF_RANGE: [
    RangeError,
    (name, range, input) =>
      `The value of "${name}" is out of range. It must be ${range}. Received ${receivedNumber(input)}`,
  ],
  ERR_SERVER_ALREADY_LISTEN: [Error, 'Listen method has been called more than once without closing.'],
  ERR_SERVER_NOT_RUNNING: [Error, 'Server is not running.'],
  ERR_SOCKET_BAD_PORT: [
    RangeError,
    (name, port) => `${name} should be >= 0 and < 65536. Received ${determineSpecificType(port)}.`,
  ],
  ERR_STREAM_ALREADY_FINISHED: [Error, 'Cannot call %s after a stream was finished'],
  ERR_STREAM_CANNOT_PIPE: [Error, 'Cannot pipe, not readable'],
  ERR_STREAM_DESTROYED: [Error, 'Cannot call %s after a stream was destroyed'],
  ERR_STREAM_NULL_VALUES: [TypeError, 'May not write null values to stream'],
  ERR_STREAM_PREMATURE_CLOSE: [Error, 'Premature close'],
  ERR_STREAM_PUSH_AFTER_EOF: [Error, 'stream.push() after EOF'],
  ERR_STREAM_UNSHIFT_AFTER_END_EVENT: [Error, 'stream.unshift() after end event'],
  ERR_STREAM_WRITE_AFTER_END: [Error, 'write after end'],
  ERR_PACKAGE_IMPORT_NOT_DEFINED: [
    TypeError,
    (specifier, path, base) =>
      `Package import specifier "${specifier}" is not defined${path ? ` in package ${path}package.json` : ''}` +
      importedFrom(base),
  ],
  ERR_PACKAGE_PATH_NOT_EXPORTED: [
    Error,
    (path, subpath, base) =>
      subpath === '.'
        ? `No "exports" main defined in ${path}package.json${importedFrom(base)}`
        : `Package subpath '${subpath}' is not defined by "exports" in ${path}package.json${importedFrom(base)}`,
  ],
  ERR_REQUIRE_ASYNC_MODULE: [
    Error,
    'require() cannot be used on an ESM graph with top-level await. Use import() instead. ' +
      'To see where the top-level await comes from, use --experimental-print-required-tla.',
  ],
  ERR_UNCAUGHT_EXCEPTION_CAPTURE_ALREADY_SET: [
    Error,
    '`process.setupUncaughtExceptionCapture()` was called while a capture callback was already active',
  ],
  ERR_UNESCAPED_CHARACTERS: [TypeError, '%s contains unescaped characters'],
  ERR_UNHANDLED_ERROR: [Error, unhandled],
  ERR_UNHANDLED_REJECTION: [
    Error,
    (reason) =>
      'This error originated either by throwing inside of an async function without a catch block, ' +
      'or by rejecting a promise which was not handled with .catch(). ' +
      `The promise rejected with the reason "${reason}".`,
  ],
  ERR_UNKNOWN_BUILTIN_MODULE: [Error, 'No such built-in module: %s'],
  ERR_UNKNOWN_ENCODING: [TypeError, 'Unknown encoding: %s'],
  ERR_UNKNOWN_SIGNAL: [TypeError, 'Unknown signal: %s'],
  ERR_UNKNOWN_FILE_EXTENSION: [TypeError, 'Unknown file extension "%s" for %s'],
  ERR_UNSUPPORTED_DIR_IMPORT: [Error, "Directory import '%s' is not supported resolving ES modules imported from %s"],
  ERR_UNSUPPORTED_ESM_URL_SCHEME: [
    Error,
    "Only URLs with a scheme in: file and data are supported by the default ESM loader. Received protocol '%s'",
  ],
  ERR_WORKER_INIT_FAILED: [Error, 'Worker initialization failure: %s'],
  ERR_WORKER_OUT_OF_MEMORY: [Error, 'Worker terminated due to reaching memory limit: %s'],
  ERR_WORKER_PATH: [
    TypeError,
    (filename) =>
      'The worker script or module filename must be an absolute path or a relative path starting with \'./\' or \'../\'.' +
      (filename.startsWith('file://') ? ' Wrap file:// URLs with `new URL`.' : '') +
      (filename.startsWith('data:text/javascript') ? ' Wrap data: URLs with `new URL`.' : '') +
      ` Received "${filename}"`,
  ],
  ERR_WORKER_UNSERIALIZABLE_ERROR: [Error, 'Serializing an uncaught exception failed'],
  ERR_WORKER_UNSUPPORTED_OPERATION: [TypeError, '%s is not supported in workers'],
};

function fill(text, args) {
  let next = 0;
  return text.replace(/%s/g, () => String(args[next++]));
}

// Gives an error's stack its head line in an engine whose stacks have none.
function headed(error, head) {
  const { stack } = error;
  if (typeof stack !== 'string' || (stack !== '' && !/^\s*at /.test(stack))) return;
  Object.defineProperty(error, 'stack', {
    value: `${head}\n${stack.replace(/\n$/, '')}`,
    writable: true,
    configurable: true,
  });
}

// Gives `error` the stack of the caller of `below`, headed as Node heads it: `TypeError [CODE]: text`.
function restack(error, code, below) {
  const name = `${error.name} [${code}]`;
  if (typeof Error.captureStackTrace === 'function') {
    Object.defineProperty(error, 'name', { value: name, configurable: true });
    Error.captureStackTrace(error, below);
    void error.stack;
    delete error.name;
  }
  headed(error, `${name}: ${error.message}`);
}

function toString() {
  return `${this.name} [${this.code}]: ${this.message}`;
}

function define(code, Base, message) {
  function NodeError(...args) {
    const error = new Base(typeof message === 'function' ? message(...args) : fill(message, args));
    Object.defineProperty(error, 'toString', { value: toString, writable: true, configurable: true });
    restack(error, code, NodeError);
    error.code = code;
    if (code === 'ERR_FALSY_VALUE_REJECTION') error.reason = args[0];
    if (code === 'ERR_INVALID_URL') error.input = args[0];
    return error;
  }
  return NodeError;
}

const codes = { __proto__: null };
for (const code of Object.keys(CATALOGUE)) codes[code] = define(code, ...CATALOGUE[code]);
codes.ERR_INVALID_ARG_VALUE.RangeError = define('ERR_INVALID_ARG_VALUE', RangeError, invalidValue);

// What an aborted operation rejects with; `cause` is the signal's reason.
class AbortError extends Error {
  constructor(message = 'The operation was aborted', options = undefined) {
    if (options !== undefined && (typeof options !== 'object' || options === null)) {
      throw new codes.ERR_INVALID_ARG_TYPE('options', 'Object', options);
    }
    super(message, options);
    this.code = 'ABORT_ERR';
    this.name = 'AbortError';
  }
}

// The checks nearly every module opens with.
const validate = {
  function(value, name) {
    if (typeof value !== 'function') throw new codes.ERR_INVALID_ARG_TYPE(name, 'Function', value);
  },
  string(value, name) {
    if (typeof value !== 'string') throw new codes.ERR_INVALID_ARG_TYPE(name, 'string', value);
  },
  boolean(value, name) {
    if (typeof value !== 'boolean') throw new codes.ERR_INVALID_ARG_TYPE(name, 'boolean', value);
  },
  number(value, name, min = undefined, max = undefined) {
    if (typeof value !== 'number') throw new codes.ERR_INVALID_ARG_TYPE(name, 'number', value);
    const low = min !== undefined && !(value >= min);
    const high = max !== undefined && !(value <= max);
    if (!low && !high) return;
    const range = [min !== undefined && `>= ${min}`, max !== undefined && `<= ${max}`]
      .filter(Boolean)
      .join(' && ');
    throw new codes.ERR_OUT_OF_RANGE(name, range, value);
  },
  integer(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
    if (typeof value !== 'number') throw new codes.ERR_INVALID_ARG_TYPE(name, 'number', value);
    if (!Number.isInteger(value)) throw new codes.ERR_OUT_OF_RANGE(name, 'an integer', value);
    if (value < min || value > max) throw new codes.ERR_OUT_OF_RANGE(name, `>= ${min} && <= ${max}`, value);
  },
  uint32(value, name) {
    if (typeof value !== 'number') throw new codes.ERR_INVALID_ARG_TYPE(name, 'number', value);
    if (!Number.isInteger(value)) throw new codes.ERR_OUT_OF_RANGE(name, 'an integer', value);
    if (value < 0 || value > 4294967295)
      throw new codes.ERR_OUT_OF_RANGE(name, '>= 0 && <= 4294967295', value);
  },
  // A plain object: neither null nor an array nor a function.
  object(value, name) {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw new codes.ERR_INVALID_ARG_TYPE(name, 'Object', value);
    }
  },
  array(value, name) {
    if (!Array.isArray(value)) throw new codes.ERR_INVALID_ARG_TYPE(name, 'Array', value);
  },
  abortSignal(signal, name) {
    if (signal !== undefined && (signal === null || typeof signal !== 'object' || !('aborted' in signal))) {
      throw new codes.ERR_INVALID_ARG_TYPE(name, 'AbortSignal', signal);
    }
  },
  oneOf(value, name, allowed) {
    if (allowed.includes(value)) return;
    const shown = allowed.map((word) => (typeof word === 'string' ? `'${word}'` : String(word))).join(', ');
    throw new codes.ERR_INVALID_ARG_VALUE(name, value, `must be one of: ${shown}`);
  },
};

const DOM_CODES = {
  IndexSizeError: 1,
  HierarchyRequestError: 3,
  WrongDocumentError: 4,
  InvalidCharacterError: 5,
  NoModificationAllowedError: 7,
  NotFoundError: 8,
  NotSupportedError: 9,
  InUseAttributeError: 10,
  InvalidStateError: 11,
  SyntaxError: 12,
  InvalidModificationError: 13,
  NamespaceError: 14,
  InvalidAccessError: 15,
  TypeMismatchError: 17,
  SecurityError: 18,
  NetworkError: 19,
  AbortError: 20,
  URLMismatchError: 21,
  QuotaExceededError: 22,
  TimeoutError: 23,
  InvalidNodeTypeError: 24,
  DataCloneError: 25,
};

// For engines that have none of their own.
class OwnDOMException extends Error {
  #name;
  #message;

  constructor(message = '', options = 'Error') {
    const named = options !== null && typeof options === 'object';
    super('', named && 'cause' in options ? { cause: options.cause } : undefined);
    delete this.message;
    this.#message = `${message}`;
    this.#name = `${named ? (options.name ?? 'Error') : options}`;
  }

  get name() {
    return this.#name;
  }

  get message() {
    return this.#message;
  }

  get code() {
    return DOM_CODES[this.#name] ?? 0;
  }

  get [Symbol.toStringTag]() {
    return 'DOMException';
  }
}
Object.defineProperty(OwnDOMException, 'name', { value: 'DOMException', configurable: true });

const DOMException =
  typeof globalThis.DOMException === 'function' ? globalThis.DOMException : OwnDOMException;

module.exports = { codes, AbortError, DOMException, determineSpecificType, headed, validate };
