//! Errors: those that are emitted, and those of emitting one that nobody listens for.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// The payload of [`ERROR`](super::ERROR): any error, shared by all who hear of it.
///
/// It reads as the error it holds: its `Display`, `Debug` and `source` are those of that one.
///
/// # Examples
/// ```
/// use std::io;
/// use throughline::{EventEmitter, events::ERROR};
///
/// let emitter = EventEmitter::new();
/// emitter.on(&ERROR, |error| {
///     let error: &io::Error = error.downcast_ref().unwrap();
///     assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
/// });
/// emitter.emit_error(io::Error::from(io::ErrorKind::BrokenPipe)).unwrap();
/// ```
#[derive(Clone)]
pub struct EmittedError(Arc<dyn Error + Send + Sync>);

impl EmittedError {
    /// One that was emitted before, on another emitter perhaps, stays the one it is.
    pub(super) fn new(error: Box<dyn Error + Send + Sync>) -> Self {
        match error.downcast::<EmittedError>() {
            Ok(emitted) => *emitted,
            Err(error) => EmittedError(Arc::from(error)),
        }
    }

    /// The error that was emitted.
    #[must_use = "reading has no effect but its answer"]
    pub fn get_ref(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }

    /// The error that was emitted, if it is an `E`.
    #[must_use = "reading has no effect but its answer"]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// Whether the error that was emitted is an `E`.
    #[must_use = "reading has no effect but its answer"]
    pub fn is<E: Error + 'static>(&self) -> bool {
        self.0.is::<E>()
    }
}

impl fmt::Display for EmittedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for EmittedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for EmittedError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// The error of [`emit_error`](super::EventEmitter::emit_error) where nobody listens for errors: it carries the error.
///
/// Node throws there, and ends the program if nobody catches it (clause `EE-13`); `unwrap` does the same.
#[derive(Clone, Debug)]
pub struct UnhandledError(EmittedError);

impl UnhandledError {
    pub(super) fn new(error: EmittedError) -> Self {
        UnhandledError(error)
    }

    /// The error that nobody listened for.
    #[must_use = "reading has no effect but its answer"]
    pub fn error(&self) -> &EmittedError {
        &self.0
    }

    /// The error that nobody listened for.
    #[must_use = "the error is dropped unless it is kept"]
    pub fn into_inner(self) -> EmittedError {
        self.0
    }
}

impl fmt::Display for UnhandledError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error was emitted that nobody listens for")
    }
}

impl Error for UnhandledError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.0.get_ref())
    }
}
