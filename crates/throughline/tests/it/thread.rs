//! Threads that begin in the context of whoever starts them.

use std::panic::catch_unwind;
use std::sync::mpsc::{self, Sender};

use static_assertions::{assert_impl_all, assert_not_impl_any};
use throughline::thread::{self, Builder, Scope};
use throughline::{AsyncLocalStorage, Crossing, Propagation, in_boundary};

static ID: AsyncLocalStorage<u64> = AsyncLocalStorage::new();
static EVERYWHERE: AsyncLocalStorage<u64> = AsyncLocalStorage::new().propagation(Propagation::everywhere());
static HALVED: AsyncLocalStorage<u64> =
    AsyncLocalStorage::new().propagation(Propagation::new().blocking(Crossing::Map(|left| Some(left / 2))));

fn id() -> Option<u64> {
    ID.get_store()
}

/// Tells what it was dropped in.
struct Tells(Sender<Option<u64>>);

impl Drop for Tells {
    fn drop(&mut self) {
        self.0.send(id()).unwrap();
    }
}

#[test]
fn thread_begins_in_its_spawners_context_and_a_nested_one_in_its() {
    let thread = ID.run(1, || {
        thread::spawn(|| {
            let seen = (id(), in_boundary());
            ID.enter_with(2);
            let nested = thread::spawn(|| thread::spawn(id).join().unwrap());
            (seen, nested.join().unwrap())
        })
    });
    assert_eq!(thread.join().unwrap(), ((Some(1), true), Some(2)));
}

#[test]
fn thread_without_a_context_is_in_a_boundary_where_nothing_is_set() {
    let thread = thread::spawn(|| (id(), in_boundary()));
    assert_eq!(thread.join().unwrap(), (None, true));
}

#[test]
fn what_is_set_later_is_not_seen() {
    let (go, wait) = mpsc::channel::<()>();
    ID.run(1, || {
        let thread = thread::spawn(move || {
            wait.recv().unwrap();
            ID.enter_with(3);
            id()
        });
        ID.enter_with(2);
        go.send(()).unwrap();
        assert_eq!(thread.join().unwrap(), Some(3));
        assert_eq!(id(), Some(2));
    });
}

#[test]
fn blocking_and_detached_hand_over_what_crosses_such() {
    let seen = || (ID.get_store(), EVERYWHERE.get_store(), HALVED.get_store());
    ID.run(1, || {
        EVERYWHERE.run(2, || {
            HALVED.run(100, || {
                let blocking = (Some(1), Some(2), Some(50));
                let detached = (None, Some(2), None);
                assert_eq!(thread::spawn(seen).join().unwrap(), blocking);
                assert_eq!(thread::spawn_detached(seen).join().unwrap(), detached);
                let by_builder = Builder::new().spawn(seen).unwrap().join().unwrap();
                assert_eq!(by_builder, blocking);
                let by_builder = Builder::new().spawn_detached(seen).unwrap();
                assert_eq!(by_builder.join().unwrap(), detached);
                thread::scope(|s| {
                    assert_eq!(s.spawn(seen).join().unwrap(), blocking);
                    let by_builder = Builder::new().spawn_scoped(s, seen).unwrap();
                    assert_eq!(by_builder.join().unwrap(), blocking);
                });
            });
        });
    });
}

#[test]
fn scopes_threads_borrow_and_see_what_was_set_where_they_were_spawned() {
    let words = [String::from("a"), String::from("b")];
    let mut last = None;
    let seen = ID.run(1, || {
        thread::scope(|s| {
            let first = s.spawn(|| (words[0].as_str(), id()));
            let second = ID.run(2, || s.spawn(|| (words[1].as_str(), id())));
            // A thread of the scope starts one more.
            let nested = s.spawn(move || ID.run(3, || s.spawn(id)).join().unwrap());
            s.spawn(|| last = id());
            assert!(!first.thread().id().eq(&thread::current().id()));
            let seen = (first.join().unwrap(), second.join().unwrap());
            (seen, nested.join().unwrap(), id())
        })
    });
    assert_eq!(seen, ((("a", Some(1)), ("b", Some(2))), Some(3), Some(1)));
    assert_eq!(last, Some(1));
    assert_eq!(words.len(), 2);
}

#[test]
fn builder_names_the_thread_as_stds_does() {
    let named = || thread::current().name().map(str::to_owned);
    let builder = Builder::new().name("report".into()).stack_size(128 * 1024);
    assert_eq!(
        builder.spawn(named).unwrap().join().unwrap().as_deref(),
        Some("report")
    );
    let builder = Builder::from(std::thread::Builder::new().name("std".into()));
    assert_eq!(
        builder.spawn(named).unwrap().join().unwrap().as_deref(),
        Some("std")
    );
    assert_eq!(thread::spawn(named).join().unwrap(), None);
}

#[test]
fn panic_is_what_join_answers_and_scope_panics_as_stds_does() {
    ID.run(1, || {
        let thread = thread::spawn(|| panic!("in {:?}", id()));
        let payload = thread.join().unwrap_err();
        assert_eq!(payload.downcast_ref::<String>().unwrap(), "in Some(1)");

        let joined = thread::scope(|s| s.spawn(|| panic!("joined")).join().unwrap_err());
        assert_eq!(joined.downcast_ref::<&str>(), Some(&"joined"));
        let unjoined = catch_unwind(|| {
            thread::scope(|s| {
                s.spawn(|| panic!("nobody joins"));
            })
        });
        let message =
            |payload: Box<dyn std::any::Any + Send>| payload.downcast_ref::<&str>().unwrap().to_string();
        let stds = catch_unwind(|| {
            std::thread::scope(|s| {
                s.spawn(|| panic!("nobody joins"));
            })
        });
        assert_eq!(message(unjoined.unwrap_err()), message(stds.unwrap_err()));
        assert_eq!(id(), Some(1));
    });
}

/// Law 4: run, panicking, and where there was no thread for it.
#[test]
fn what_the_closure_owns_is_dropped_in_its_context() {
    let (send, receive) = mpsc::channel();
    let owned = || Tells(send.clone());
    ID.run(1, || {
        let run = owned();
        thread::spawn(move || drop(run)).join().unwrap();
        let panics = owned();
        let thread = thread::spawn(move || {
            let _owned = panics;
            panic!("with what it owns");
        });
        assert!(thread.join().is_err());

        let (never_run, more) = (owned(), owned());
        // More stack than there is address space.
        let builder = Builder::new().stack_size(1 << 62);
        let refused = ID.run(2, || builder.spawn(move || drop(never_run)));
        assert!(refused.is_err());
        ID.run(3, || {
            thread::scope(|s| s.spawn(move || drop(more)).join().unwrap())
        });
    });
    let seen: Vec<_> = receive.try_iter().collect();
    assert_eq!(seen, [Some(1), Some(1), Some(2), Some(3)]);
}

#[test]
fn what_nobody_joins_is_dropped_where_no_context_is() {
    let (send, receive) = mpsc::channel();
    let owned = Tells(send);
    let (go, wait) = mpsc::channel::<()>();
    let answers = move || {
        wait.recv().unwrap();
        owned
    };
    ID.run(1, || drop(thread::spawn(answers)));
    go.send(()).unwrap();
    assert_eq!(receive.recv().unwrap(), None);
}

#[test]
fn ended_thread_keeps_no_store() {
    static STORE: AsyncLocalStorage<std::sync::Arc<()>> = AsyncLocalStorage::new();
    let store = std::sync::Arc::new(());
    let thread = STORE.run(store.clone(), || thread::spawn(|| STORE.get_store().is_some()));
    assert!(thread.join().unwrap());
    assert_eq!(std::sync::Arc::strong_count(&store), 1);
}

#[test]
fn the_rest_of_the_module_is_stds() {
    let thread: std::thread::JoinHandle<()> = thread::spawn(thread::yield_now);
    thread.join().unwrap();
    assert_eq!(thread::current().id(), std::thread::current().id());
    assert!(thread::available_parallelism().is_ok());
}

assert_impl_all!(Scope<'static, 'static>: Send, Sync, Copy, std::fmt::Debug);
assert_impl_all!(Builder: Send, Sync, std::fmt::Debug);
assert_not_impl_any!(Builder: Clone);
