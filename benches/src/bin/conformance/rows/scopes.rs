//! Keys, and the scopes in which they are set.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::support::{Seen, give_way, in_seven, poll};
use crate::cell::Cell;
use crate::peer::{How, Peer, Task};

pub(super) fn default_value<P: Peer>() -> Cell {
    P::default_value()
}

pub(super) fn dynamic_keys<P: Peer>() -> Cell {
    P::dynamic_keys()
}

pub(super) fn closure<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    seen.look();
    P::run(1, &mut || {
        seen.look();
        P::run(2, &mut || seen.look());
        seen.look();
    });
    seen.look();
    seen.expect(&[None, Some(1), Some(2), Some(1), None], How::Own)
}

pub(super) fn future<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut task = P::scope(1, seen.task());
    while poll(&mut task).is_pending() {
        seen.look();
    }
    seen.look();
    seen.expect(&[Some(1), None, Some(1), None], How::Own)
}

pub(super) fn joined<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let [one, two] = [1, 2].map(|value| P::scope(value, seen.task()));
    futures::executor::block_on(futures::future::join(one, two));
    seen.expect(&[Some(1), Some(2), Some(1), Some(2)], How::Own)
}

pub(super) fn nested_while_lent<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut lends = Some(());
    let nested = catch_unwind(AssertUnwindSafe(|| {
        in_seven::<P>(|| lends = P::lend(&mut |_| P::run(8, &mut || seen.look())));
    }));
    match (lends, nested) {
        (None, _) => Cell::NoSense,
        (_, Err(_)) => Cell::Wrong("panics".to_owned()),
        _ => seen.expect(&[Some(8)], How::Own),
    }
}

pub(super) fn enter_with<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let (inside, entered) = (seen.clone(), std::sync::Arc::new(std::sync::OnceLock::new()));
    let can = entered.clone();
    let task: Task = Box::pin(async move {
        can.set(P::enter_with(2).is_some()).unwrap();
        inside.look();
        give_way().await;
        inside.look();
    });
    let mut task = P::scope(1, task);
    while poll(&mut task).is_pending() {
        seen.look();
    }
    seen.look();
    if entered.get() == Some(&false) {
        return Cell::Absent;
    }
    seen.expect(&[Some(2), None, Some(2), None], How::Own)
}

pub(super) fn exit<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut how = None;
    in_seven::<P>(|| {
        how = P::exit(&mut || seen.look());
        seen.look();
    });
    match how {
        Some(how) => seen.expect(&[None, Some(7)], how),
        None => Cell::Absent,
    }
}

/// The one that is left is seen, and nothing once it is gone; and the next one works.
pub(super) fn out_of_order<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut none = false;
    P::boundary(&mut || {
        let (Some(one), Some(two)) = (P::guard(1), P::guard(2)) else {
            none = true;
            return;
        };
        drop(one);
        seen.look();
        drop(two);
        seen.look();
        let three = P::guard(3);
        seen.look();
        drop(three);
        seen.look();
    });
    if none {
        return Cell::NoSense;
    }
    seen.expect(&[Some(2), None, Some(3), None], How::Own)
}

pub(super) fn forgotten<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let (inside, has) = (seen.clone(), std::sync::Arc::new(std::sync::OnceLock::new()));
    let can = has.clone();
    let task: Task = Box::pin(async move {
        let guard = P::guard(2);
        can.set(guard.is_some()).unwrap();
        std::mem::forget(guard);
        inside.look();
    });
    let mut task = P::scope(1, task);
    let _ = poll(&mut task);
    drop(task);
    seen.look();
    if has.get() == Some(&false) {
        return Cell::NoSense;
    }
    seen.expect(&[Some(2), None], How::Own)
}
