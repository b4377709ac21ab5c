//! Two halves at once.

use ::rayon::FnContext;
use throughline_core::__private::hold_back;
use throughline_core::HandOver;

/// As [`rayon::join`](::rayon::join), both halves in the context of the caller; what one of them enters, nobody else sees.
///
/// # Panics
/// If one of them does, with what it panicked with; the other one has ended by then, and what it answered is dropped in the caller's context.
///
/// # Examples
/// ```
/// use throughline::{AsyncLocalStorage, rayon};
/// static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
///
/// let both = USER.run("ada", || rayon::join(|| USER.get_store(), || USER.get_store()));
/// assert_eq!(both, (Some("ada"), Some("ada")));
/// ```
#[inline]
#[track_caller]
pub fn join<A, B, RA, RB>(oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce() -> RA + Send,
    B: FnOnce() -> RB + Send,
    RA: Send,
    RB: Send,
{
    join_context(|_| oper_a(), |_| oper_b())
}

/// As [`rayon::join_context`](::rayon::join_context), both halves in the context of the caller. Else as [`join`].
///
/// # Panics
/// As [`join`].
#[inline]
#[track_caller]
pub fn join_context<A, B, RA, RB>(oper_a: A, oper_b: B) -> (RA, RB)
where
    A: FnOnce(FnContext) -> RA + Send,
    B: FnOnce(FnContext) -> RB + Send,
    RA: Send,
    RB: Send,
{
    let (mut a, mut b) = (None, None);
    // While this thread waits for the half that was stolen, it runs what it finds.
    hold_back(HandOver::Blocking, |here| {
        ::rayon::join_context(
            |stolen| a = Some(here.run(|| oper_a(stolen))),
            |stolen| b = Some(here.run(|| oper_b(stolen))),
        )
    });
    (a.expect(ENDED), b.expect(ENDED))
}

const ENDED: &str = "both halves of a join that does not panic have ended";
