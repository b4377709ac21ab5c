//! Keeping what is set, and binding closures, streams and sinks to it.

use std::sync::Arc;

use futures::executor::block_on;
use futures::{SinkExt as _, StreamExt as _};

use super::support::{Seen, bound_once, in_seven};
use crate::cell::Cell;
use crate::peer::{Callback, How, Peer, Taker};

pub(super) fn two_keys<P: Peer>() -> Cell {
    let Some(seen) = P::two_keys() else {
        return Cell::Absent;
    };
    let how = if P::KEEPS_ALL { How::Own } else { How::ByHand };
    Cell::if_same(seen, (Some(1), Some(2)), how)
}

pub(super) fn bind_once<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut bound = None;
    in_seven::<P>(|| bound = Some(bound_once(&seen)));
    let (bound, how) = bound.unwrap();
    std::thread::spawn(bound).join().unwrap();
    seen.expect(&[Some(7)], how)
}

pub(super) fn bind<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut bound = None;
    in_seven::<P>(|| {
        bound = Some(match P::bind(seen.callback()) {
            Some(bound) => (bound, How::Own),
            None => {
                let (kept, callback) = (P::keep(), seen.callback());
                let by_hand: Callback = Box::new(move || kept(&mut || callback()));
                (by_hand, How::ByHand)
            }
        });
    });
    let (bound, how) = bound.unwrap();
    let bound = Arc::new(bound);
    let other = Arc::clone(&bound);
    std::thread::spawn(move || other()).join().unwrap();
    bound();
    seen.expect(&[Some(7); 2], how)
}

pub(super) fn bind_mut_scoped<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut calls = 0;
    let mut borrows = || {
        calls += 1;
        seen.look();
    };
    let own = P::call_bound_mut(7, &mut borrows);
    let how = match own {
        Some(()) => How::Own,
        None => {
            let mut kept = None;
            in_seven::<P>(|| kept = Some(P::keep()));
            let kept = kept.unwrap();
            kept(&mut borrows);
            kept(&mut borrows);
            How::ByHand
        }
    };
    assert_eq!(calls, 2);
    seen.expect(&[Some(7); 2], how)
}

pub(super) fn stream<P: Peer>() -> Cell {
    let mut stream = None;
    in_seven::<P>(|| {
        let items = futures::stream::repeat_with(P::get).take(2);
        stream = P::stream(Box::pin(items));
    });
    match stream {
        Some(stream) => {
            let seen: Vec<_> = block_on(stream.collect());
            Cell::if_same(seen, vec![Some(7); 2], How::Own)
        }
        None => Cell::Absent,
    }
}

pub(super) fn sink<P: Peer>() -> Cell {
    let seen = Seen::<P>::new();
    let mut sink = None;
    in_seven::<P>(|| {
        let inside = seen.clone();
        let takes: Taker = Box::pin(futures::sink::unfold((), move |(), _| {
            // Once as it is given, and once as it is worked off.
            inside.look();
            let inside = inside.clone();
            async move {
                inside.look();
                Ok(())
            }
        }));
        sink = P::sink(takes);
    });
    match sink {
        Some(mut sink) => {
            block_on(sink.send(1)).unwrap();
            seen.expect(&[Some(7); 2], How::Own)
        }
        None => Cell::Absent,
    }
}
