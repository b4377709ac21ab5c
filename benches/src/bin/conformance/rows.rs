//! The questions, each one function over any peer.

mod captures;
mod ends;
mod hand_overs;
mod scopes;
mod support;

use crate::cell::Cell;
use crate::peer::Peer;

/// A question, and what answers it.
pub(crate) struct Row<P> {
    pub(crate) question: &'static str,
    pub(crate) ask: fn() -> Cell,
    peer: std::marker::PhantomData<P>,
}

macro_rules! rows {
    ($($question:literal => $($path:ident)::+),* $(,)?) => {
        pub(crate) fn rows<P: Peer>() -> Vec<Row<P>> {
            vec![$(Row {
                question: $question,
                ask: $($path)::+::<P>,
                peer: std::marker::PhantomData,
            }),*]
        }
    };
}

rows! {
    "a key has a default value" => scopes::default_value,
    "keys made and dropped at run time" => scopes::dynamic_keys,
    "a scope for a closure, gone after it" => scopes::closure,
    "a scope for a future, at its polls alone" => scopes::future,
    "futures joined in one task are kept apart" => scopes::joined,
    "a nested scope while the value is lent" => scopes::nested_while_lent,
    "set for the rest of the task (`enter_with`)" => scopes::enter_with,
    "run without (`exit`)" => scopes::exit,
    "guards dropped out of order" => scopes::out_of_order,
    "a forgotten guard ends with its task" => scopes::forgotten,
    "snapshot of all keys, run elsewhere" => captures::two_keys,
    "bind an `FnOnce`" => captures::bind_once,
    "bind an `Fn`, called on two threads" => captures::bind,
    "bind an `FnMut` that borrows" => captures::bind_mut_scoped,
    "a stream, in its maker's context" => captures::stream,
    "a sink, in its maker's context" => captures::sink,
    "a plain `tokio::spawn`, by a line of `Cargo.toml`" => hand_overs::plain,
    "a task spawned on tokio" => hand_overs::spawn,
    "… in a `JoinSet`" => hand_overs::join_set,
    "… on this thread" => hand_overs::spawn_local,
    "… that spawns another one" => hand_overs::nested,
    "`spawn_blocking`" => hand_overs::spawn_blocking,
    "a thread" => hand_overs::thread,
    "a scoped thread, which borrows" => hand_overs::scoped_thread,
    "a stolen half of rayon's `join`" => hand_overs::rayon_join,
    "rayon's parallel iterators" => hand_overs::par_iter,
    "a waiting `join` shows its context to no stranger" => hand_overs::stranger,
    "a message, worked off for its sender" => hand_overs::message,
    "a key stays behind where work is detached" => hand_overs::detached,
    "a future never polled is dropped in its context" => ends::unpolled,
    "… cancelled while pending" => ends::cancelled,
    "… ready" => ends::ready,
    "… panicked" => ends::panicked,
    "the thread is clean after a panic in a poll" => ends::clean_after_poll,
    "… in a closure" => ends::clean_after_closure,
    "a value's own `Drop` may read" => ends::value_reads,
    "reading in a destructor at thread exit" => ends::thread_exit,
    "hooks are told of a task's init, before, after, destroy" => ends::lifecycle,
    "a task's id, and the id of its cause" => ends::cause,
}
