// Stacks as Node prints them: a head line of name and message, then the frames.
//
// Required as `internal/error_stack` and installed once for a context, on engines whose stacks are frames only (QuickJS) and an accessor of
// `Error.prototype`. The text is made when it is first read, as on Node; an error that is made and thrown costs nothing more.
'use strict';

const { toString } = Error.prototype;
const { apply } = Reflect;
const slot = Object.getOwnPropertyDescriptor(Error.prototype, 'stack');
const { captureStackTrace } = Error;

// The engine's own, for who wants frames.
internal.captureStackTrace = captureStackTrace;

const texts = new WeakMap();

function headOf(error) {
  try {
    return apply(toString, error, []);
  } catch {
    return 'Error';
  }
}

const isFrames = (raw) => raw === '' || /^\s*at /.test(raw);

// Functions without a name have none in a frame.
const framed = (raw) =>
  raw.replace(/\n$/, '').replace(/^(\s*at )(?:<anonymous>|anonymous) \(([^\n]*)\)$/gm, '$1$2');

const headed = (error, raw) => (raw === '' ? headOf(error) : `${headOf(error)}\n${framed(raw)}`);

function get() {
  const raw = apply(slot.get, this, []);
  // A program may have its own `Error.prepareStackTrace`: the stack is what that made of it.
  if (typeof raw !== 'string' || !isFrames(raw)) return raw;
  let text = texts.get(this);
  if (text === undefined) {
    text = headed(this, raw);
    texts.set(this, text);
  }
  return text;
}

function set(value) {
  Object.defineProperty(this, 'stack', { value, writable: true, configurable: true, enumerable: false });
}

function install() {
  Object.defineProperty(Error.prototype, 'stack', { get, set, configurable: true, enumerable: false });
  Object.defineProperty(Error, 'captureStackTrace', {
    value: {
      captureStackTrace(target, below) {
        // What is to be left out includes this very function.
        captureStackTrace(target, below ?? Error.captureStackTrace);
        const { stack } = target;
        if (typeof stack === 'string' && isFrames(stack)) set.call(target, headed(target, stack));
      },
    }.captureStackTrace,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

module.exports = { install };
