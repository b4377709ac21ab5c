//! Many threads on one channel.

use super::support::Drops;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use throughline::AsyncLocalStorage;
use throughline::channel::{self, Channel, Subscription, channel};

/// `DC-3`: publishers walk along their own list whatever others do, and nothing is leaked or dropped twice.
#[test]
fn threads_publish_while_others_subscribe_and_leave() {
    static CHANNEL: Channel<u64> = Channel::new("test.threads");
    let drops = Drops::default();
    let heard = Arc::new(AtomicUsize::new(0));
    let begin = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                begin.wait();
                for n in 0..2000 {
                    CHANNEL.publish(&n);
                }
            });
            scope.spawn(|| {
                begin.wait();
                for _ in 0..500 {
                    let (owned, heard) = (drops.counted(), heard.clone());
                    let subscription = CHANNEL.subscribe(move |_| {
                        _ = &owned;
                        heard.fetch_add(1, Ordering::Relaxed);
                    });
                    let before = heard_by_now(&CHANNEL);
                    assert!(before);
                    drop(subscription);
                }
            });
        }
    });
    assert!(!CHANNEL.has_subscribers());
    assert_eq!(drops.count(), 1000);
    // Each subscriber has heard at least the message of its own thread.
    assert!(heard.load(Ordering::Relaxed) >= 1000);
}

fn heard_by_now(channel: &Channel<u64>) -> bool {
    channel.publish(&0);
    channel.has_subscribers()
}

/// `DC-2`: what a channel remembers of being unused is void as soon as a subscriber's thread says that it is there.
#[test]
fn a_message_after_a_subscription_is_heard_on_whatever_thread() {
    static CHANNEL: Channel<u32> = Channel::new("test.seen_by_others");
    for _ in 0..200 {
        let heard = Arc::new(AtomicBool::new(false));
        let there = AtomicBool::new(false);
        thread::scope(|scope| {
            let publisher = scope.spawn(|| {
                while !there.load(Ordering::Acquire) {
                    CHANNEL.publish(&1);
                    std::hint::spin_loop();
                }
                CHANNEL.publish(&2);
            });
            let flag = heard.clone();
            let subscription = CHANNEL.subscribe(move |n| {
                if *n == 2 {
                    flag.store(true, Ordering::Relaxed);
                }
            });
            there.store(true, Ordering::Release);
            publisher.join().unwrap();
            drop(subscription);
            assert!(heard.load(Ordering::Relaxed));
        });
    }
}

/// `DC-1`: interned, dropped and interned again by several threads, a name has one channel at a time.
#[test]
fn threads_that_share_a_name_share_a_channel() {
    let begin = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                begin.wait();
                for _ in 0..500 {
                    let heard = Arc::new(AtomicBool::new(false));
                    let flag = heard.clone();
                    let _subscription = channel::<u32>("test.shared_name").subscribe(move |_| {
                        flag.store(true, Ordering::Relaxed);
                    });
                    channel::<u32>("test.shared_name").publish(&1);
                    assert!(heard.load(Ordering::Relaxed));
                }
            });
        }
    });
    assert!(!channel::has_subscribers::<u32>("test.shared_name"));
}

/// Laws 1 and 3
#[test]
fn each_thread_has_its_own_stores() {
    static CHANNEL: Channel<usize> = Channel::new("test.stores_of_threads");
    static ID: AsyncLocalStorage<usize> = AsyncLocalStorage::new();
    CHANNEL.bind_store(&ID, |n| *n);
    let begin = Barrier::new(4);
    thread::scope(|scope| {
        for n in 0..4 {
            let begin = &begin;
            scope.spawn(move || {
                begin.wait();
                for _ in 0..500 {
                    assert_eq!(CHANNEL.run_stores(&n, || ID.get_store()), Some(n));
                    assert_eq!(ID.get_store(), None);
                }
            });
        }
    });
}

/// Law 7: also in thread-locals that are dropped before and after those which protect the list of subscribers.
#[test]
fn channels_work_at_thread_exit() {
    struct AtExit(Channel<u32>, Option<Subscription>);
    impl Drop for AtExit {
        fn drop(&mut self) {
            self.0.publish(&1);
            drop(self.1.take());
            self.0.run_stores(&2, || self.0.publish(&3));
        }
    }
    thread_local! {
        static EARLY: RefCell<Option<AtExit>> = const { RefCell::new(None) };
        static LATE: RefCell<Option<AtExit>> = const { RefCell::new(None) };
    }
    static STORE: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    let channel = channel::<u32>("threads.exit");
    channel.bind_store(&STORE, |n| *n);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let _subscription = channel.subscribe(move |n| log.lock().unwrap().push((*n, STORE.get_store())));
    let at_exit = || Some(AtExit(channel.clone(), Some(channel.subscribe(|_| ()))));
    thread::scope(|s| {
        let thread = s.spawn(|| {
            EARLY.set(at_exit());
            channel.publish(&0);
            LATE.set(at_exit());
        });
        // The end of the scope does not wait for destructors.
        thread.join().unwrap();
    });
    let at_exit = [(1, None), (2, Some(2)), (3, Some(2))];
    assert_eq!(
        *heard.lock().unwrap(),
        [&[(0, None)][..], &at_exit, &at_exit].concat()
    );
}
