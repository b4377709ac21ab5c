//! Names of those who are compared, in the order of tables.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Who {
    /// Throughline.
    Ours,
    /// What the machine, the allocator or the runtime asks for the same at the least.
    Limit,
    /// `tokio::task_local!`: one key at a time, inherited by nobody.
    Tokio,
    /// tokio-inherit-task-local.
    Inherit,
    /// dcontext.
    Dcontext,
    /// OpenTelemetry's `Context`.
    OpenTelemetry,
    /// tracing with a `Registry`.
    Tracing,
    /// tracing without a subscriber.
    TracingAlone,
    /// fastrace.
    Fastrace,
    /// sentry's `Hub`.
    Sentry,
    /// rayon's own jobs, beside those of our pool.
    Rayon,
}

impl Who {
    /// All of them, in the order of tables.
    pub const ALL: [Who; 11] = [
        Who::Ours,
        Who::Limit,
        Who::Tokio,
        Who::Inherit,
        Who::Dcontext,
        Who::OpenTelemetry,
        Who::Tracing,
        Who::TracingAlone,
        Who::Fastrace,
        Who::Sentry,
        Who::Rayon,
    ];

    /// As tables have it.
    pub fn name(self) -> &'static str {
        match self {
            Who::Ours => "Throughline",
            Who::Limit => "limit",
            Who::Tokio => "tokio",
            Who::Inherit => "tokio-inherit",
            Who::Dcontext => "dcontext",
            Who::OpenTelemetry => "OpenTelemetry",
            Who::Tracing => "tracing",
            Who::TracingAlone => "tracing, no subscriber",
            Who::Fastrace => "fastrace",
            Who::Sentry => "sentry",
            Who::Rayon => "rayon",
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
