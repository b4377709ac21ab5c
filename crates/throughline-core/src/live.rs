//! How many frames and resources there are in the process: for tests that assert "none left". Feature `test-util`.

#[cfg(feature = "test-util")]
mod counted {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    static FRAMES: AtomicUsize = AtomicUsize::new(0);
    static RESOURCES: AtomicUsize = AtomicUsize::new(0);

    /// How many frames there are. A frame of several stores counts once.
    pub fn frames() -> usize {
        FRAMES.load(Relaxed)
    }

    /// How many resources there are that somebody has a handle of.
    pub fn resources() -> usize {
        RESOURCES.load(Relaxed)
    }

    pub(crate) fn frame_made() {
        FRAMES.fetch_add(1, Relaxed);
    }

    pub(crate) fn frame_gone() {
        FRAMES.fetch_sub(1, Relaxed);
    }

    /// Counts as a resource as long as it is there.
    pub(crate) struct Resource(());

    impl Resource {
        pub(crate) fn new() -> Self {
            RESOURCES.fetch_add(1, Relaxed);
            Resource(())
        }
    }

    impl Drop for Resource {
        fn drop(&mut self) {
            RESOURCES.fetch_sub(1, Relaxed);
        }
    }
}

#[cfg(feature = "test-util")]
pub(crate) use counted::{Resource, frame_gone, frame_made};
#[cfg(feature = "test-util")]
pub use counted::{frames, resources};

#[cfg(not(feature = "test-util"))]
mod uncounted {
    #[inline(always)]
    pub(crate) fn frame_made() {}

    #[inline(always)]
    pub(crate) fn frame_gone() {}

    pub(crate) struct Resource(());

    impl Resource {
        #[inline(always)]
        pub(crate) fn new() -> Self {
            Resource(())
        }
    }
}

#[cfg(not(feature = "test-util"))]
pub(crate) use uncounted::{Resource, frame_gone, frame_made};
