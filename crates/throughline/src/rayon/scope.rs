//! Jobs that borrow, and have ended when the scope has. A macro for the two kinds, so that they stay alike.

use std::fmt;

use ::rayon::BroadcastContext;
use throughline_core::__private::{Bound, hold_back};
use throughline_core::{HandOver, snapshot_for};

macro_rules! scope {
    ($(#[$example:meta])* $Scope:ident, $scope:ident, $in_place:ident, $spawn:ident) => {
        #[doc = concat!("As [`rayon::", stringify!($scope), "`](::rayon::", stringify!($scope), "()), `op` in the context of the caller, each job in that of whoever spawns it.")]
        ///
        /// # Panics
        /// If `op` or a job does; all have ended by then.
        $(#[$example])*
        #[track_caller]
        pub fn $scope<'scope, OP, R>(op: OP) -> R
        where
            OP: FnOnce(&$Scope<'_, 'scope>) -> R + Send,
            R: Send,
        {
            // While this thread waits it runs what it finds.
            hold_back(HandOver::Blocking, |here| ::rayon::$scope(|inner| here.run(|| op(&$Scope { inner }))))
        }

        #[doc = concat!("As [`rayon::", stringify!($in_place), "`](::rayon::", stringify!($in_place), "()): `op` runs on this thread. Else as [`", stringify!($scope), "`](", stringify!($scope), "()).")]
        ///
        /// # Panics
        #[doc = concat!("As [`", stringify!($scope), "`](", stringify!($scope), "()).")]
        #[track_caller]
        pub fn $in_place<'scope, OP, R>(op: OP) -> R
        where
            OP: FnOnce(&$Scope<'_, 'scope>) -> R,
        {
            hold_back(HandOver::Blocking, |here| ::rayon::$in_place(|inner| here.run(|| op(&$Scope { inner }))))
        }

        #[doc = concat!("Where the jobs of a [`", stringify!($scope), "`](", stringify!($scope), "()) are spawned: [`rayon::", stringify!($Scope), "`](::rayon::", stringify!($Scope), "), whose jobs run in the context of whoever spawns them.")]
        pub struct $Scope<'a, 'scope> {
            pub(super) inner: &'a ::rayon::$Scope<'scope>,
        }

        impl<'scope> $Scope<'_, 'scope> {
            /// As rayon's, in the context of the place where this is called.
            ///
            /// # Panics
            /// The scope does, if `body` does.
            #[track_caller]
            pub fn $spawn<BODY>(&self, body: BODY)
            where
                BODY: FnOnce(&$Scope<'_, 'scope>) + Send + 'scope,
            {
                let bound = Bound::to(snapshot_for(HandOver::Blocking), body);
                self.inner.$spawn(move |inner| bound.call_once(|body| body(&$Scope { inner })));
            }

            /// As rayon's, on each thread in the context of the place where this is called, in a boundary of its own.
            ///
            /// # Panics
            /// The scope does, if `body` does.
            #[track_caller]
            pub fn spawn_broadcast<BODY>(&self, body: BODY)
            where
                BODY: Fn(&$Scope<'_, 'scope>, BroadcastContext<'_>) + Send + Sync + 'scope,
            {
                let bound = Bound::to(snapshot_for(HandOver::Blocking), body);
                self.inner
                    .spawn_broadcast(move |inner, thread| bound.call(|body| body(&$Scope { inner }, thread)));
            }

            /// What it wraps, for code that is written against that: its jobs begin without context.
            pub fn as_rayon(&self) -> &::rayon::$Scope<'scope> {
                self.inner
            }
        }

        impl fmt::Debug for $Scope<'_, '_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.inner.fmt(f)
            }
        }
    };
}

scope! {
    ///
    /// # Examples
    /// ```
    /// use throughline::{AsyncLocalStorage, rayon};
    /// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
    ///
    /// let mut seen = [None; 3];
    /// USER.run("ada", || rayon::scope(|s| {
    ///     for seen in &mut seen {
    ///         s.spawn(move |_| *seen = USER.get_store());
    ///     }
    /// }));
    /// assert_eq!(seen, [Some("ada"); 3]);
    /// ```
    Scope, scope, in_place_scope, spawn
}

scope! {
    ScopeFifo, scope_fifo, in_place_scope_fifo, spawn_fifo
}
