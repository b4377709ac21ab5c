//! The modules that come with the crate: their sources are part of the program.

use rquickjs::{Ctx, Function, Result};

use crate::compile;

macro_rules! builtins {
    ($($(#[$when:meta])? $name:literal: $file:literal)*) => {
        /// Name and source of each, in the order of their names.
        const BUILTINS: &[(&str, &str)] = &[$($(#[$when])? ($name, include_str!(concat!("../js/", $file))),)*];
    };
}

builtins! {
    "assert": "assert.js"
    "assert/strict": "assert_strict.js"
    "async_hooks": "async_hooks.js"
    "buffer": "buffer.js"
    "child_process": "child_process.js"
    "console": "console.js"
    "diagnostics_channel": "diagnostics_channel.js"
    "events": "events.js"
    "fs": "fs.js"
    "fs/promises": "fs_promises.js"
    #[cfg(feature = "http")]
    "http": "http.js"
    "internal/async_hooks": "internal_async_hooks.js"
    "internal/call_sites": "call_sites.js"
    "internal/comparisons": "comparisons.js"
    "internal/encoding": "encoding.js"
    "internal/error_stack": "error_stack.js"
    "internal/errors": "errors.js"
    "internal/esm": "esm.js"
    "internal/event_target": "event_target.js"
    #[cfg(feature = "http")]
    "internal/fetch": "fetch.js"
    "internal/flags": "flags.js"
    "internal/fs": "internal_fs.js"
    "internal/fs_descriptors": "fs_descriptors.js"
    "internal/globals": "globals.js"
    #[cfg(feature = "http")]
    "internal/http_agent": "http_agent.js"
    #[cfg(feature = "http")]
    "internal/http_client": "http_client.js"
    #[cfg(feature = "http")]
    "internal/http_common": "http_common.js"
    #[cfg(feature = "http")]
    "internal/http_incoming": "http_incoming.js"
    #[cfg(feature = "http")]
    "internal/http_outgoing": "http_outgoing.js"
    #[cfg(feature = "http")]
    "internal/http_server": "http_server.js"
    #[cfg(feature = "http")]
    "internal/http_socket": "http_socket.js"
    "internal/inspect": "inspect.js"
    "internal/loop": "loop.js"
    #[cfg(feature = "worker-threads")]
    "internal/message_clone": "message_clone.js"
    #[cfg(feature = "worker-threads")]
    "internal/message_port": "message_port.js"
    "internal/performance": "performance.js"
    "internal/promise_hooks": "promise_hooks.js"
    "internal/rejections": "rejections.js"
    "internal/resolve": "resolve.js"
    "internal/signals": "signals.js"
    "internal/stream_base": "stream_base.js"
    "internal/stream_destroy": "stream_destroy.js"
    "internal/stream_duplex": "stream_duplex.js"
    "internal/stream_end": "stream_end.js"
    "internal/stream_pipeline": "stream_pipeline.js"
    "internal/stream_readable": "stream_readable.js"
    "internal/stream_writable": "stream_writable.js"
    "internal/structured_clone": "structured_clone.js"
    "internal/task_queues": "task_queues.js"
    "internal/test_mock": "test_mock.js"
    "internal/test_report": "test_report.js"
    "internal/test_tree": "test_tree.js"
    "internal/timers": "timers_internal.js"
    "internal/trace": "trace.js"
    "internal/types": "types.js"
    "internal/uncaught": "uncaught.js"
    "internal/url_parser": "url_parser.js"
    #[cfg(feature = "worker-threads")]
    "internal/worker_end": "worker_end.js"
    "module": "module.js"
    "net": "net.js"
    "os": "os.js"
    "path": "path.js"
    "path/posix": "path_posix.js"
    "perf_hooks": "perf_hooks.js"
    "process": "process.js"
    "querystring": "querystring.js"
    "stream": "stream.js"
    "stream/promises": "stream_promises.js"
    "string_decoder": "string_decoder.js"
    "test": "test.js"
    "throughline": "throughline.js"
    "timers": "timers.js"
    "timers/promises": "timers_promises.js"
    "url": "url.js"
    "util": "util.js"
    "util/types": "util_types.js"
    #[cfg(feature = "worker-threads")]
    "worker_threads": "worker_threads.js"
}

/// What is run first in a context.
pub(crate) const BOOTSTRAP: &str = include_str!("../js/bootstrap.js");

/// Names of all of them.
pub(crate) fn names() -> Vec<&'static str> {
    BUILTINS.iter().map(|(name, _)| *name).collect()
}

/// The body of a module as a function of `(exports, require, module, internal)`.
pub(crate) fn body<'js>(ctx: &Ctx<'js>, name: &str) -> Result<Option<Function<'js>>> {
    let Ok(place) = BUILTINS.binary_search_by(|(known, _)| (*known).cmp(name)) else {
        return Ok(None);
    };
    let parameters = ["exports", "require", "module", "internal"];
    compile::function(ctx, BUILTINS[place].1, &format!("node:{name}"), &parameters).map(Some)
}
