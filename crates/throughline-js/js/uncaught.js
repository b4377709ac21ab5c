// Exceptions that nobody caught, and the end of the script.
//
// Required as `internal/uncaught`.
'use strict';

const { binding } = internal;
const ah = require('internal/async_hooks');

const GENERIC = 1;
const IN_HANDLER = 7;

let capture = null;

// Answers whether somebody handled it.
function handle(error, isRejection) {
  const { process } = internal;
  const origin = isRejection ? 'unhandledRejection' : 'uncaughtException';
  process.emit('uncaughtExceptionMonitor', error, origin);
  if (capture !== null) {
    capture(error);
  } else if (!process.emit('uncaughtException', error, origin)) {
    if (binding.host.survives) return false;
    try {
      if (!process._exiting) {
        process._exiting = true;
        process.exitCode = GENERIC;
        process.emit('exit', GENERIC);
      }
    } catch {
      // It ends anyhow.
    }
    return false;
  }
  goOn();
  return true;
}

// The next turn has a callback, after which waiting ticks are run.
function goOn() {
  require('node:timers').setImmediate(() => {});
  ah.clearAsyncIdStack();
}

function triggerUncaughtException(error, isRejection = false) {
  internal.closePromise?.();
  let handled;
  try {
    handled = handle(error, isRejection);
  } catch (inHandler) {
    report(inHandler);
    binding.endScript(IN_HANDLER);
  }
  if (handled) return;
  report(error);
  if (binding.host.survives) {
    goOn();
    return;
  }
  binding.endScript(internal.exitStatus() || GENERIC);
}

// ---- what is printed ------------------------------------------------------------------------------------------------

const isError = (value) => require('internal/types').types.isNativeError(value) || value instanceof Error;

function textOf(error) {
  const { inspect } = require('internal/inspect');
  if (isError(error)) {
    try {
      const text = inspect(error, { colors: false });
      // Where Node's own functions are in a stack, the engine has no frame at all, and such an error would be shown in brackets.
      const head = Object.hasOwn(error, 'stack') ? error.stack : String(error);
      return text.startsWith(`[${head}]`) ? head + text.slice(head.length + 2) : text;
    } catch {
      try {
        return String(error.stack);
      } catch {
        return 'Error';
      }
    }
  }
  if (typeof error === 'function' || (typeof error === 'object' && error !== null)) return inspect(error);
  return String(error);
}

// The line the error was made at, with a mark below: where a stack says it, and the source is there.
function excerpt(error) {
  let stack;
  try {
    ({ stack } = error);
  } catch {
    return '';
  }
  const place = /\n\s*at (?:.*\()?((?:file:\/\/)?\/[^\n]*?):(\d+):(\d+)\)?(?:\n|$)/.exec(typeof stack === 'string' ? stack : '');
  if (place === null) return '';
  const [, file, line, column] = place;
  const path = file.startsWith('file://') ? decodeURIComponent(file.slice(7)) : file;
  const source = binding.readText(path)?.split('\n')[line - 1];
  if (source === undefined) return '';
  return `${file}:${line}\n${source}\n${source.slice(0, column - 1).replace(/[^\t]/g, ' ')}^\n\n`;
}

function report(error) {
  // A worker's is told to who made it.
  if (binding.host.isWorker) {
    require('internal/worker_end').tell(error);
    return;
  }
  let text;
  try {
    text = isError(error)
      ? `${excerpt(error)}${textOf(error)}`
      : `Uncaught:\n${textOf(error)}\n(Use \`node --trace-uncaught ...\` to show where the exception was thrown)`;
  } catch {
    text = 'Uncaught exception';
  }
  internal.write(2, `${text}\n\nNode.js ${internal.process.version}\n`);
}

// A hook threw: nothing of the script can catch that (`HK-17`).
function fatalError(error) {
  let text;
  if (isError(error)) text = error.stack;
  else text = `Error: ${require('internal/inspect').inspect(error)}`;
  internal.write(2, `${text}\n`);
  const { process } = internal;
  process.exitCode = GENERIC;
  try {
    if (!process._exiting) {
      process._exiting = true;
      process.emit('exit', GENERIC);
    }
  } catch {
    // It ends anyhow.
  }
  binding.endScript(GENERIC);
}

// The state machine itself is broken: no listener is asked.
function fatal(text) {
  internal.write(2, `${text}\n`);
  binding.endScript(GENERIC);
}

internal.triggerUncaughtException = triggerUncaughtException;
internal.fatalError = fatalError;
internal.fatal = fatal;

module.exports = {
  setCapture(fn) {
    capture = fn;
  },
  hasCapture: () => capture !== null,
};
