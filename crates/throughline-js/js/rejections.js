// Promises that were rejected, and that nobody handles.
//
// Required as `internal/rejections`.
'use strict';

const { binding } = internal;
const { codes } = require('internal/errors');
const { types } = require('internal/types');
const ah = require('internal/async_hooks');
const { async_id_symbol, trigger_async_id_symbol } = ah.symbols;

// promise -> what is known of it: rejected in this turn; told of as unhandled.
let pending = new Map();
const told = new WeakMap();
// Told of, and handled after all.
let handledLate = [];
let lastId = 0;

binding.onRejection((promise, reason, isHandled) => {
  if (isHandled) handled(promise);
  else pending.set(promise, { reason, id: ++lastId, frame: binding.currentFrame() });
  internal.scheduleDrain();
});

function handled(promise) {
  if (pending.delete(promise)) return;
  const known = told.get(promise);
  if (known === undefined) return;
  told.delete(promise);
  const warning = new Error(`Promise rejection was handled asynchronously (rejection id: ${known.id})`);
  warning.name = 'PromiseRejectionHandledWarning';
  warning.id = known.id;
  handledLate.push({ promise, warning });
}

// Rust, which called, has it.
internal.handledByHost = handled;

const exist = () => pending.size > 0 || handledLate.length > 0;

// The stack of an error is not its own property on every engine.
const isErrorLike = (value) => types.isNativeError(value) || (typeof value === 'object' && value !== null && Object.hasOwn(value, 'stack'));

// Words for a reason that is no error, without running any code of it.
function words(reason) {
  if (typeof reason === 'symbol' || typeof reason === 'bigint') return String(reason);
  if ((typeof reason !== 'object' || reason === null) && typeof reason !== 'function') return String(reason);
  if (typeof reason === 'function') return Function.prototype.toString.call(reason);
  return `#<${reason.constructor?.name || 'Object'}>`;
}

function toError(reason) {
  if (isErrorLike(reason)) return reason;
  const error = new codes.ERR_UNHANDLED_REJECTION(words(reason));
  const name = 'UnhandledPromiseRejection';
  Object.defineProperty(error, 'name', { value: name, writable: true, configurable: true });
  error.stack = `${name}: ${error.message}`;
  return error;
}

// Answers whether anybody was told.
function process() {
  let any = handledLate.length > 0;
  for (let late = handledLate.shift(); late !== undefined; late = handledLate.shift()) {
    if (!internal.process.emit('rejectionHandled', late.promise)) internal.emitWarning(late.warning);
  }
  const rejected = pending;
  pending = new Map();
  for (const [promise, info] of rejected) {
    told.set(promise, info);
    tell(promise, info);
    any = true;
  }
  return any || pending.size > 0;
}

// What `--unhandled-rejections` asks for: who is told, and what happens where nobody handles it.
function warnOfUnhandled(reason, { id }) {
  const warning = new Error(
    'Unhandled promise rejection. This error originated either by throwing inside of an async function without a catch block, ' +
    `or by rejecting a promise which was not handled with .catch(). To terminate the node process on unhandled promise rejection, use the CLI flag \`--unhandled-rejections=strict\` (see https://nodejs.org/api/cli.html#cli_unhandled_rejections_mode). (rejection id: ${id})`,
  );
  warning.name = 'UnhandledPromiseRejectionWarning';
  if (isErrorLike(reason)) {
    warning.stack = reason.stack;
    internal.emitWarning(reason.stack, 'UnhandledPromiseRejectionWarning');
  } else {
    internal.emitWarning(words(reason), 'UnhandledPromiseRejectionWarning');
  }
  internal.emitWarning(warning);
}

const emitRejection = (promise, reason) => internal.process.emit('unhandledRejection', reason, promise);

// mode -> (promise, reason, info): whether all is done in the frame it was rejected in.
const MODES = {
  __proto__: null,
  throw(promise, reason) {
    if (emitRejection(promise, reason)) return true;
    internal.triggerUncaughtException(toError(reason), true);
    return false;
  },
  strict(promise, reason, info) {
    internal.triggerUncaughtException(toError(reason), true);
    if (!emitRejection(promise, reason)) warnOfUnhandled(reason, info);
    return true;
  },
  warn(promise, reason, info) {
    emitRejection(promise, reason);
    warnOfUnhandled(reason, info);
    return true;
  },
  none(promise, reason) {
    emitRejection(promise, reason);
    return true;
  },
};
const mode = MODES[require('internal/flags').valueOf('unhandled-rejections') ?? 'throw'] ?? MODES.throw;

// The handler runs in the context the promise was rejected in, and as the promise, if hooks know it.
function tell(promise, info) {
  const asyncId = promise[async_id_symbol];
  if (asyncId !== undefined) binding.enterQuietly(asyncId, promise[trigger_async_id_symbol], promise, ah.PROMISE);
  const prior = binding.exchangeFrame(info.frame);
  let pops = true;
  try {
    pops = mode(promise, info.reason, info);
  } finally {
    binding.setFrame(prior);
    if (pops && asyncId !== undefined) binding.leaveQuietly(asyncId);
  }
}

module.exports = { exist, process };
