//! What is left of a task when everything but the poll is taken away.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use crate::Meter;

/// Pending for ever, and counting.
#[derive(Debug, Default)]
pub struct Counter(u64);

impl Future for Counter {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0 = black_box(self.0 + 1);
        Poll::Pending
    }
}

/// Measures a poll of `future`, which is polled as an executor does it: through a vtable.
#[inline]
pub fn each_poll(meter: &mut Meter, future: impl Future<Output = ()>) {
    let mut future: Pin<&mut dyn Future<Output = ()>> = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    // The first poll is another matter: a `scope` takes its frame there.
    let _ = future.as_mut().poll(&mut context);
    meter.each(|_| {
        let _ = black_box(black_box(future.as_mut()).poll(&mut context));
    });
}
