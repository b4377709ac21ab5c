// The last words of a worker: what nobody in it caught is an event of the worker where it was made.
//
// Required as `internal/worker_end`. Needs of `internal`: `threads`.
'use strict';

const { serialize } = require('internal/message_clone');

function words(error) {
  try {
    const { text, takeBuffers } = serialize(error, [], { own: true });
    return [text, takeBuffers()];
  } catch {
    // What cannot be cloned is told of by its looks.
  }
  try {
    return [serialize(require('internal/inspect').inspect(error)).text, []];
  } catch {
    return [undefined, []];
  }
}

// How the engine says that a limit of memory is reached.
const isOutOfMemory = (error) => error?.name === 'InternalError' && error.message === 'out of memory';

function tell(error) {
  if (isOutOfMemory(error)) internal.threads.tell('memory');
  else internal.threads.tell('error', ...words(error));
}

module.exports = { tell };
