//! What can go wrong in a runtime.

use rquickjs::{CaughtError, Ctx};
use std::fmt;

/// The error of running JavaScript: an exception, the end of the script, a limit.
#[derive(Clone, Debug)]
pub struct Error(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// What was thrown, as text.
    Thrown(String),
    Exit(i32),
    Timeout,
    Engine(String),
}

impl Error {
    pub(crate) fn thrown(ctx: &Ctx<'_>, error: rquickjs::Error) -> Self {
        match CaughtError::from_error(ctx, error) {
            CaughtError::Error(error) => error.into(),
            CaughtError::Exception(exception) => {
                let text = exception.stack().filter(|stack| !stack.is_empty());
                Error(Kind::Thrown(
                    text.or_else(|| exception.message()).unwrap_or_default(),
                ))
            }
            CaughtError::Value(value) => {
                let text = value.get::<rquickjs::Coerced<String>>().map(|text| text.0);
                Error(Kind::Thrown(text.unwrap_or_default()))
            }
        }
    }

    pub(crate) fn exit(status: i32) -> Self {
        Error(Kind::Exit(status))
    }

    pub(crate) fn timeout() -> Self {
        Error(Kind::Timeout)
    }

    /// Whether the time limit was reached. The runtime can be used further; jobs and timers that are left go on when it is.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0, Kind::Timeout)
    }

    /// Whether the script threw something.
    pub fn is_exception(&self) -> bool {
        matches!(self.0, Kind::Thrown(_))
    }

    /// The status the script ended with: by `process.exit`, or by an exception or a rejection that nobody caught, which its standard error tells of.
    ///
    /// The end is for good: its runtime runs nothing more, and answers this to whoever asks. A script of which others depend is to
    /// [survive](crate::Options::survive_uncaught).
    pub fn exit_status(&self) -> Option<i32> {
        match self.0 {
            Kind::Exit(status) => Some(status),
            _ => None,
        }
    }
}

impl From<rquickjs::Error> for Error {
    fn from(error: rquickjs::Error) -> Self {
        Error(Kind::Engine(error.to_string()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Thrown(text) => write!(f, "uncaught exception: {text}"),
            Kind::Exit(status) => write!(
                f,
                "the script ended with status {status}, and its runtime runs nothing more: make another, or let scripts `survive_uncaught`"
            ),
            Kind::Timeout => f.write_str("the time limit was reached"),
            Kind::Engine(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Error {}
