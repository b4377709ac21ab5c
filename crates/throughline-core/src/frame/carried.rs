//! A value with a context of its own, entered and dropped in it: what the adapter is made of.
//!
//! Safe code would hold the value in an `Option`, to drop it before the context goes. For futures without a niche, which is what async
//! blocks are, that costs another word in each (`benches/src/bin/memory/bytes.rs`); here the context's own word says that the
//! value is gone.

use super::{FrameRef, Resident, capture};
use crate::in_context::sealed::Change;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;

/// Invariant: `inner` has its value unless this [is done](Carried::is_done). It is pinned when this is; the rest never is.
///
/// (`MaybeUninit` and not `ManuallyDrop`, which may not be moved once a box in it has been dropped.)
pub(crate) struct Carried<C: Change, F> {
    /// The change that is still to be made. Making it may panic.
    change: Option<C>,
    /// Done while there is a change to make, and when all is over; so that a usual poll looks at one word.
    resident: Resident,
    inner: MaybeUninit<F>,
}

impl<C: Change, F: Unpin> Unpin for Carried<C, F> {}

impl<C: Change, F> Carried<C, F> {
    #[inline]
    pub(crate) fn captured(frame: FrameRef, inner: F) -> Self {
        Carried {
            change: None,
            resident: Resident::new(frame),
            inner: MaybeUninit::new(inner),
        }
    }

    #[inline]
    pub(crate) fn deferred(change: C, inner: F) -> Self {
        Carried {
            change: Some(change),
            resident: Resident::DONE,
            inner: MaybeUninit::new(inner),
        }
    }

    #[inline(always)]
    fn is_done(&self) -> bool {
        self.resident.is_done() && self.change.is_none()
    }

    pub(crate) fn get_ref(&self) -> Option<&F> {
        // SAFETY: by the invariant.
        (!self.is_done()).then(|| unsafe { self.inner.assume_init_ref() })
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut F> {
        // SAFETY: by the invariant.
        (!self.is_done()).then(|| unsafe { self.inner.assume_init_mut() })
    }

    pub(crate) fn get_pin_mut(self: Pin<&mut Self>) -> Option<Pin<&mut F>> {
        // SAFETY: it is pinned, since `self` is, and nothing is moved out of it.
        unsafe {
            let inner = self.get_unchecked_mut().get_mut();
            inner.map(|inner| Pin::new_unchecked(inner))
        }
    }

    /// Runs `f` on the value in its context; nothing if it is gone.
    #[inline(always)]
    pub(crate) fn enter<'a, R>(self: Pin<&'a mut Self>, f: impl FnOnce(Pin<&'a mut F>) -> R) -> Option<R> {
        // SAFETY: nothing pinned is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        if this.resident.is_done() && !begin(&mut this.change, &mut this.resident) {
            return None;
        }
        // SAFETY: this is not done; the value is pinned, since `self` was.
        let inner = unsafe { Pin::new_unchecked(this.inner.assume_init_mut()) };
        Some(this.resident.enter(|| f(inner)))
    }

    /// Drops the value in its context, and then lets go of that.
    #[inline(never)]
    pub(crate) fn finish(self: Pin<&mut Self>) {
        struct InPlace<'a, F>(&'a mut MaybeUninit<F>);
        impl<F> Drop for InPlace<'_, F> {
            fn drop(&mut self) {
                // SAFETY: made once, where the value is there; it is dropped where it is.
                unsafe { self.0.assume_init_drop() }
            }
        }
        // SAFETY: nothing pinned is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        if this.is_done() {
            return;
        }
        // Done from here on, whatever the value's destructor (or the change) does.
        let mut change = this.change.take();
        let mut resident = mem::replace(&mut this.resident, Resident::DONE);
        let inner = InPlace(&mut this.inner);
        if resident.is_done() {
            begin(&mut change, &mut resident);
        }
        resident.enter(|| drop(inner));
    }

    pub(crate) fn into_inner(mut self) -> Option<F> {
        if self.is_done() {
            return None;
        }
        let context = (
            self.change.take(),
            mem::replace(&mut self.resident, Resident::DONE),
        );
        // SAFETY: the value was there, by the invariant, and no longer is; it need not be pinned, since `self` could be moved.
        let inner = unsafe { self.inner.assume_init_read() };
        // Not as a local that goes with the function: if a store's `Drop` panics here, the value is dropped, not lost.
        drop(context);
        Some(inner)
    }
}

impl<C: Change, F> Drop for Carried<C, F> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_done() {
            // SAFETY: what is being dropped is not moved any more.
            unsafe { Pin::new_unchecked(self) }.finish();
        }
    }
}

/// Makes the change, if there is one to make.
#[cold]
#[inline(never)]
fn begin<C: Change>(change: &mut Option<C>, resident: &mut Resident) -> bool {
    let Some(change) = change.take() else {
        return false;
    };
    // Should it panic, there is still a value to be dropped: it goes on in no context.
    *resident = Resident::new(FrameRef::EMPTY);
    *resident = Resident::new(change.apply(capture()));
    true
}
