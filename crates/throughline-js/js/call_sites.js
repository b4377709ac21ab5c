// `util.getCallSites`: where the caller is, and who called it.
//
// Required as `internal/call_sites`.
'use strict';

const { codes, validate } = require('internal/errors');

const site = (frame) => ({
  functionName: frame.getFunctionName() ?? '',
  scriptId: '0',
  scriptName: frame.getFileName() ?? '',
  lineNumber: frame.getLineNumber() ?? 0,
  columnNumber: frame.getColumnNumber() ?? 0,
  column: frame.getColumnNumber() ?? 0,
});

function getCallSites(frameCount = 8, options = undefined) {
  if (options === undefined && typeof frameCount === 'object' && frameCount !== null) [options, frameCount] = [frameCount, 8];
  if (options !== undefined) {
    validate.object(options, 'options');
    if (options.sourceMap !== undefined) validate.boolean(options.sourceMap, 'options.sourceMap');
  }
  if (typeof frameCount !== 'number') throw new codes.ERR_INVALID_ARG_TYPE('frameCount', 'number', frameCount);
  if (!(frameCount >= 1 && frameCount <= 200)) throw new codes.ERR_OUT_OF_RANGE('frameCount', '>= 1 && <= 200', frameCount);
  const { prepareStackTrace, stackTraceLimit } = Error;
  const target = {};
  try {
    Error.prepareStackTrace = (_, frames) => frames.map(site);
    Error.stackTraceLimit = Math.trunc(frameCount);
    internal.captureStackTrace(target, getCallSites);
    return target.stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

module.exports = { getCallSites };
