//! The callback of a traced call.

use super::caught::or_resume;
use super::tracing::Tracing;
use std::fmt;

/// The callback of a call that is traced, to be handed on and called once: see
/// [`TracingChannel::trace_callback`](super::TracingChannel::trace_callback).
#[must_use = "dropped, the callback is not called"]
pub struct TracedCallback<C: 'static, T: 'static, E: 'static, F> {
    /// None only after the call. Before `traced`, so that it is dropped before that is told.
    callback: Option<F>,
    traced: Uncalled<C, T, E>,
}

/// None if nobody listened, and after the call.
struct Uncalled<C: 'static, T: 'static, E: 'static>(Option<Box<Tracing<C, T, E>>>);

impl<C, T, E, F> TracedCallback<C, T, E, F> {
    pub(super) fn plain(callback: F) -> Self {
        TracedCallback {
            callback: Some(callback),
            traced: Uncalled(None),
        }
    }

    pub(super) fn traced(callback: F, tracing: Box<Tracing<C, T, E>>) -> Self {
        TracedCallback {
            callback: Some(callback),
            traced: Uncalled(Some(tracing)),
        }
    }

    /// Calls it, with the call's outcome; the events come around it.
    ///
    /// # Panics
    /// If the callback does, after `async_end` was published.
    pub fn call<U>(mut self, outcome: Result<T, E>) -> U
    where
        F: FnOnce(Result<T, E>) -> U,
    {
        let callback = self.callback.take().expect("it is called once");
        match self.traced.0.take() {
            None => callback(outcome),
            Some(mut tracing) => tracing.settle(Ok(outcome), |trace| callback(or_resume(trace.take()))),
        }
    }
}

impl<C: 'static, T: 'static, E: 'static> Drop for Uncalled<C, T, E> {
    fn drop(&mut self) {
        if let Some(mut tracing) = self.0.take() {
            tracing.cancel();
        }
    }
}

impl<C, T, E, F> fmt::Debug for TracedCallback<C, T, E, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracedCallback")
            .field("is_traced", &self.traced.0.is_some())
            .finish()
    }
}
