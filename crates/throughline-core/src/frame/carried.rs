//! A value with a context of its own, entered and dropped in it: what the adapter is made of.
//!
//! Safe code would hold the value in an `Option`, to drop it before the context goes. For futures without a niche, which is what async
//! blocks are, that costs another word in each (`benches/benches/memory.rs`); here the context's own word says that the
//! value is gone.

use crate::in_context::sealed::Base;
use std::mem::ManuallyDrop;
use std::pin::Pin;

/// Invariant: `inner` has its value until `base` is done. It is pinned when this is; `base` never is.
pub(crate) struct Carried<B: Base, F> {
    base: B,
    inner: ManuallyDrop<F>,
}

impl<B: Base, F: Unpin> Unpin for Carried<B, F> {}

impl<B: Base, F> Carried<B, F> {
    #[inline]
    pub(crate) fn new(base: B, inner: F) -> Self {
        Carried {
            base,
            inner: ManuallyDrop::new(inner),
        }
    }

    /// Runs `f` on the value in its context; nothing if it is gone.
    #[inline(always)]
    pub(crate) fn enter<'a, R>(self: Pin<&'a mut Self>, f: impl FnOnce(Pin<&'a mut F>) -> R) -> Option<R> {
        // SAFETY: nothing is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: it is pinned, since `self` was, and there if `base` is not done, which is when this closure runs.
        this.base
            .enter(|| f(unsafe { Pin::new_unchecked(&mut *this.inner) }))
    }

    /// Drops the value in its context, and then lets go of that.
    #[inline(never)]
    pub(crate) fn finish(self: Pin<&mut Self>) {
        // SAFETY: nothing pinned is moved out of it.
        let this = unsafe { self.get_unchecked_mut() };
        // Done from here on, whatever the value's destructor does.
        let mut base = this.base.take();
        // SAFETY: the value was there if `base` was not done, which is when this closure runs; it is dropped where it is.
        base.enter(|| unsafe { ManuallyDrop::drop(&mut this.inner) });
    }

    pub(crate) fn get_ref(&self) -> Option<&F> {
        (!self.base.is_done()).then_some(&*self.inner)
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut F> {
        (!self.base.is_done()).then_some(&mut *self.inner)
    }

    pub(crate) fn get_pin_mut(self: Pin<&mut Self>) -> Option<Pin<&mut F>> {
        // SAFETY: it is pinned, since `self` is, and nothing is moved out of it.
        unsafe {
            self.get_unchecked_mut()
                .get_mut()
                .map(|inner| Pin::new_unchecked(inner))
        }
    }

    pub(crate) fn into_inner(mut self) -> Option<F> {
        if self.base.is_done() {
            return None;
        }
        let _base = self.base.take();
        // SAFETY: the value was there, by the invariant; it was never pinned, since `self` could be moved (or need not be).
        Some(unsafe { ManuallyDrop::take(&mut self.inner) })
    }
}

impl<B: Base, F> Drop for Carried<B, F> {
    #[inline]
    fn drop(&mut self) {
        if !self.base.is_done() {
            // SAFETY: what is being dropped is not moved any more.
            unsafe { Pin::new_unchecked(self) }.finish();
        }
    }
}
