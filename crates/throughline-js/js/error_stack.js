// Stacks as Node prints them: a head line of name and message, then the frames.
//
// Required as `internal/error_stack` and installed once for a context, on engines whose stacks are frames only (QuickJS)
// and that ask `Error.prepareStackTrace`. Costs about two microseconds for each error made. Needs of `internal`: nothing.
'use strict';

const { toString } = Error.prototype;
const { apply } = Reflect;

function headOf(error) {
  try {
    return apply(toString, error, []);
  } catch {
    return 'Error';
  }
}

function frame(site) {
  const name = site.getFunctionName();
  if (site.isNative()) return `\n    at ${name} (native)`;
  const place = `${site.getFileName()}:${site.getLineNumber()}:${site.getColumnNumber()}`;
  return name && name !== '<anonymous>' && name !== 'anonymous'
    ? `\n    at ${name} (${place})`
    : `\n    at ${place}`;
}

function prepareStackTrace(error, sites) {
  let text = headOf(error);
  for (let i = 0; i < sites.length; i += 1) text += frame(sites[i]);
  return text;
}

// Programs may replace it, as on Node; stacks are then what they make of them.
function install() {
  // The engine has an accessor for it.
  Error.prepareStackTrace = prepareStackTrace;
}

module.exports = { install };
