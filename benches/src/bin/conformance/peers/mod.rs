//! Who is compared.

mod dcontext;
mod fastrace;
mod inherit;
mod otel;
mod ours;
mod sentry;
mod tokio;
mod tracing;

pub(crate) use dcontext::Dcontext;
pub(crate) use fastrace::Fastrace;
pub(crate) use inherit::Inherit;
pub(crate) use otel::Otel;
pub(crate) use ours::Ours;
pub(crate) use sentry::Sentry;
pub(crate) use tokio::Tokio;
pub(crate) use tracing::Tracing;
