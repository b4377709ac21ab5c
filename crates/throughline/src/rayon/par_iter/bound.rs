//! Closures of a chain, bound to its context: called and dropped in it. A function for each shape, since references of any lifetime are part
//! of it.

use throughline_core::__private::Bound;
use throughline_core::Snapshot;

macro_rules! bound {
    ($name:ident, <$($T:ident),*>, Fn($($arg:ident: $A:ty),*)) => {
        pub(super) fn $name<$($T,)* R, F>(context: &Snapshot, f: F) -> impl Fn($($A),*) -> R + Sync + Send + use<$($T,)* R, F>
        where
            F: Fn($($A),*) -> R + Sync + Send,
        {
            let bound = Bound::to(context.clone(), f);
            move |$($arg: $A),*| bound.call(|f| f($($arg),*))
        }
    };
}

bound!(make, <>, Fn());
bound!(take, <A>, Fn(a: A));
bound!(look, <A>, Fn(a: &A));
bound!(change, <A>, Fn(a: &mut A));
bound!(take_two, <A, B>, Fn(a: A, b: B));
bound!(take_with, <T, A>, Fn(state: &mut T, a: A));
