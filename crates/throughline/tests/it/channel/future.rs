//! `scope_stores`: `run_stores` for futures. By moment of life: unpolled, pending, ready, panicked, cancelled; laws 1 to 4.

use super::support::{Log, OnDrop, panic_of, pause, poll};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use throughline::channel::Channel;
use throughline::channel::future::ScopeStores;
use throughline::{AsyncLocalStorage, root};

static USER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

/// `DC-6`
#[test]
fn the_stores_are_set_at_every_poll_and_between_them_they_are_not() {
    static CHANNEL: Channel<u32> = Channel::new("test.future");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let log = Log::new();
    let writer = log.clone();
    CHANNEL.bind_store(&ID, |n| *n);
    let _subscription = CHANNEL.subscribe(move |n| writer.push(format!("{n} {:?}", ID.get_store())));
    let mut future = pin!(CHANNEL.scope_stores(7, async {
        assert_eq!(ID.get_store(), Some(7));
        pause().await;
        ID.get_store()
    }));
    assert!(log.take().is_empty());
    assert_eq!(poll(future.as_mut()), Poll::Pending);
    assert_eq!(ID.get_store(), None);
    assert_eq!(log.take(), ["7 Some(7)"]);
    assert_eq!(poll(future.as_mut()), Poll::Ready(Some(7)));
    assert!(log.take().is_empty());
}

/// `DC-7`: the base is that of the first poll.
#[test]
fn the_stores_come_on_top_of_those_of_the_first_poll() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_base");
    static ID: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| format!("{n} of {:?}", USER.get_store()));
    let mut future = pin!(USER.run("made", || {
        CHANNEL.scope_stores(7, async {
            pause().await;
            (ID.get_store().unwrap(), USER.get_store())
        })
    }));
    assert!(USER.run("first", || poll(future.as_mut())).is_pending());
    assert_eq!(
        USER.run("second", || poll(future.as_mut())),
        Poll::Ready((r#"7 of Some("first")"#.to_owned(), Some("first")))
    );
}

/// `DC-2`
#[test]
fn on_an_unused_channel_it_is_the_bare_future() {
    static CHANNEL: Channel<u32> = Channel::new("test.bare_future");
    root(|| {
        let mut future = pin!(CHANNEL.scope_stores(7, async {
            USER.enter_with("ada");
            pause().await;
        }));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(USER.get_store(), Some("ada"));
        // Who comes now is too late for this one.
        let log = Log::new();
        let _subscription = CHANNEL.subscribe(log.writer("heard"));
        assert!(poll(future.as_mut()).is_ready());
        assert!(log.take().is_empty());
    });
}

/// `DC-2`: who merely listens does not change what the program does.
#[test]
fn without_stores_it_has_no_boundary_of_its_own() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_without_stores");
    let log = Log::new();
    let _subscription = CHANNEL.subscribe(log.writer("heard"));
    root(|| {
        let mut future = pin!(CHANNEL.scope_stores(7, async { USER.enter_with("ada") }));
        assert!(poll(future.as_mut()).is_ready());
        assert_eq!(USER.get_store(), Some("ada"));
    });
    assert_eq!(log.take(), ["heard"]);
}

/// Law 10
#[test]
fn what_is_entered_inside_travels_with_the_future() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_entered");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    let mut future = pin!(CHANNEL.scope_stores(7, async {
        USER.enter_with("ada");
        pause().await;
        USER.get_store()
    }));
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(USER.get_store(), None);
    assert_eq!(poll(future.as_mut()), Poll::Ready(Some("ada")));
}

/// Law 4
#[test]
fn destructors_see_the_stores_whether_it_is_cancelled_ready_or_panicked() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_dropped");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    let log = Log::new();
    let tells = |log: &Log, word: &'static str| {
        let log = log.clone();
        OnDrop::new(move || log.push(format!("{word} {:?}", ID.get_store())))
    };

    let owned = tells(&log, "cancelled");
    let mut future = Box::pin(CHANNEL.scope_stores(1, async move {
        let _owned = owned;
        pause().await;
    }));
    assert!(poll(future.as_mut()).is_pending());
    drop(future);

    let owned = tells(&log, "ready");
    let mut future = Box::pin(CHANNEL.scope_stores(
        2,
        std::future::poll_fn(move |_| {
            _ = &owned;
            Poll::Ready(())
        }),
    ));
    assert!(poll(future.as_mut()).is_ready());
    log.push("returned");
    drop(future);

    let owned = tells(&log, "panicked");
    let mut future = Box::pin(CHANNEL.scope_stores(
        3,
        std::future::poll_fn(move |_| -> Poll<()> {
            _ = &owned;
            panic!("boom")
        }),
    ));
    assert_eq!(panic_of(|| poll(future.as_mut())).as_deref(), Some("boom"));
    drop(future);

    let owned = tells(&log, "unpolled");
    drop(CHANNEL.scope_stores(4, async move { drop(owned) }));

    assert_eq!(
        log.take(),
        [
            "cancelled Some(1)",
            "ready Some(2)",
            "returned",
            "panicked Some(3)",
            "unpolled None"
        ]
    );
}

#[test]
fn polled_again_after_it_was_ready_it_panics() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_again");
    let _subscription = CHANNEL.subscribe(|_| ());
    let mut future = pin!(CHANNEL.scope_stores(1, std::future::ready(())));
    assert!(poll(future.as_mut()).is_ready());
    let panic = panic_of(|| poll(future.as_mut())).unwrap();
    assert!(panic.contains("polled again after it was ready"), "{panic}");
}

#[test]
fn messages_may_be_owned_borrowed_or_shared() {
    static CHANNEL: Channel<str> = Channel::new("test.future_messages");
    static TEXT: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&TEXT, str::to_owned);
    let text = "lent".to_owned();
    let read = || async { TEXT.get_store().unwrap() };
    assert_eq!(
        poll(pin!(CHANNEL.scope_stores(&*text, read()))),
        Poll::Ready("lent".to_owned())
    );
    assert_eq!(
        poll(pin!(CHANNEL.scope_stores(text, read()))),
        Poll::Ready("lent".to_owned())
    );
    let shared: Arc<str> = "shared".into();
    assert_eq!(
        poll(pin!(CHANNEL.scope_stores(shared, read()))),
        Poll::Ready("shared".to_owned())
    );
}

/// Law 3
#[test]
fn two_futures_polled_in_turn_never_see_each_others_stores() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_interleaved");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    let work = || async {
        let mut seen = vec![ID.get_store()];
        for _ in 0..3 {
            pause().await;
            seen.push(ID.get_store());
        }
        seen
    };
    let mut futures = [1, 2].map(|n| Box::pin(CHANNEL.scope_stores(n, work())));
    for _ in 0..3 {
        for future in &mut futures {
            assert!(poll(future.as_mut()).is_pending());
        }
    }
    let [one, two] = futures.map(|mut future| poll(future.as_mut()));
    assert_eq!(one, Poll::Ready(vec![Some(1); 4]));
    assert_eq!(two, Poll::Ready(vec![Some(2); 4]));
}

/// Law 3
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stores_move_between_threads_with_their_task() {
    static CHANNEL: Channel<u32> = Channel::new("test.future_moved");
    static ID: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            tokio::spawn(CHANNEL.scope_stores(n, async move {
                for _ in 0..16 {
                    assert_eq!(ID.get_store(), Some(n));
                    tokio::task::yield_now().await;
                }
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// What the bare future costs in a watched one, which is all there is while nobody listens.
#[test]
fn a_future_grows_by_its_message_the_channel_and_two_words() {
    type Bare = [u64; 8];
    struct Work(#[expect(dead_code, reason = "has a size")] Bare);
    impl Future for Work {
        type Output = ();
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }
    let grown = size_of::<ScopeStores<u32, u32, Work>>() - size_of::<Work>();
    assert!(grown <= 40, "{grown}");
}
