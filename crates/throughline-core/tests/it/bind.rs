//! Bound closures: `Bind`, `BindMut`, `BindOnce`, `BindFuture`, `BindAsync` and `bind!`.

use crate::support::{panic_of, pause, poll};
use futures::executor::block_on;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use throughline_core::{
    AsyncLocalStorage, Bind, BindAsync, BindFuture, BindMut, BindOnce, Snapshot, bind, root, snapshot,
};

static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

fn read() -> u32 {
    A.get_store().unwrap()
}

/// ALS-31: they are passed on, by closures that implement the same traits as those that were bound.
mod arguments {
    use super::*;

    #[test]
    fn of_fn_closures() {
        A.run(9, || {
            let zero = A.run(1, || read.bind());
            let one = A.run(1, || (|a: u32| read() + a).bind());
            let two = A.run(1, || (|a: u32, b: u32| read() + a + b).bind());
            let three = A.run(1, || (|a: u32, b: u32, c: u32| read() + a + b + c).bind());
            let four = A.run(1, || {
                (|a: u32, b: u32, c: u32, d: &'static str| format!("{} {a} {b} {c} {d}", read())).bind()
            });
            for _ in 0..2 {
                assert_eq!((zero(), one(10), two(10, 20), three(10, 20, 30)), (1, 11, 31, 61));
                assert_eq!(four(2, 3, 4, "five"), "1 2 3 4 five");
                assert_eq!(read(), 9);
            }
        });
    }

    #[test]
    fn of_fn_mut_closures() {
        let mut sum = 0;
        let mut zero = A.run(1, || {
            (|| {
                sum += read();
                sum
            })
            .bind_mut()
        });
        assert_eq!((zero(), zero()), (1, 2));
        drop(zero);
        assert_eq!(sum, 2);
        let mut seen = Vec::new();
        let mut one = A.run(1, || (|a: u32| seen.push(read() + a)).bind_mut());
        one(10);
        one(20);
        drop(one);
        assert_eq!(seen, [11, 21]);
        let mut two = A.run(1, || (|a: u32, b: u32| read() + a + b).bind_mut());
        let mut three = A.run(1, || (|a: u32, b: u32, c: u32| read() + a + b + c).bind_mut());
        let mut four = A.run(1, || {
            (|a: u32, b: u32, c: u32, d: u32| [read(), a, b, c, d]).bind_mut()
        });
        assert_eq!(
            (two(10, 20), three(10, 20, 30), four(2, 3, 4, 5)),
            (31, 61, [1, 2, 3, 4, 5])
        );
    }

    #[test]
    fn of_fn_once_closures() {
        let text = String::from("text");
        let zero = A.run(1, || (move || (text, read())).bind_once());
        let one = A.run(1, || (|a: Vec<u32>| (a, read())).bind_once());
        let two = A.run(1, || (|a: u32, b: u32| read() + a + b).bind_once());
        let three = A.run(1, || (|a: u32, b: u32, c: u32| read() + a + b + c).bind_once());
        let four = A.run(1, || {
            (|a: u32, b: u32, c: u32, d: u32| [read(), a, b, c, d]).bind_once()
        });
        assert_eq!(zero(), ("text".to_owned(), 1));
        assert_eq!(one(vec![2]), (vec![2], 1));
        assert_eq!(
            (two(10, 20), three(10, 20, 30), four(2, 3, 4, 5)),
            (31, 61, [1, 2, 3, 4, 5])
        );
    }

    #[test]
    fn of_async_closures() {
        let zero = A.run(1, || (async || read()).bind_async());
        let one = A.run(1, || {
            (async |a: u32| {
                pause().await;
                read() + a
            })
            .bind_async()
        });
        let two = A.run(1, || (async |a: u32, b: u32| read() + a + b).bind_async());
        let three = A.run(1, || {
            (async |a: u32, b: u32, c: u32| read() + a + b + c).bind_async()
        });
        let four = A.run(1, || {
            (async |a: u32, b: u32, c: u32, d: u32| [read(), a, b, c, d]).bind_async()
        });
        assert_eq!(block_on(zero()), 1);
        assert_eq!((block_on(two(10, 20)), block_on(three(10, 20, 30))), (31, 61));
        assert_eq!(block_on(four(2, 3, 4, 5)), [1, 2, 3, 4, 5]);
        // Polled here and there, and elsewhere nothing of it is seen.
        let mut future = pin!(one(10));
        A.run(9, || {
            assert!(poll(future.as_mut()).is_pending());
            assert_eq!(read(), 9);
        });
        assert_eq!(poll(future.as_mut()), Poll::Ready(11));
        assert_eq!(A.get_store(), None);
    }

    /// The bound forms are what their traits say, to a function that asks for one.
    #[test]
    fn can_be_handed_to_who_asks_for_a_closure() {
        fn calls(f: impl Fn(u32) -> u32) -> u32 {
            f(10)
        }
        fn calls_mut(mut f: impl FnMut(u32) -> u32) -> u32 {
            f(10)
        }
        fn calls_once(f: impl FnOnce(u32) -> u32) -> u32 {
            f(10)
        }
        async fn calls_async(f: impl AsyncFn(u32) -> u32) -> u32 {
            f(10).await + f(20).await
        }
        let add = |a: u32| read() + a;
        assert_eq!(calls(A.run(1, || add.bind())), 11);
        assert_eq!(calls_mut(A.run(2, || add.bind_mut())), 12);
        assert_eq!(calls_once(A.run(3, || add.bind_once())), 13);
        assert_eq!(
            block_on(calls_async(A.run(4, || (async |a: u32| read() + a).bind_async()))),
            38
        );
        let boxed: Box<dyn Fn(u32) -> u32 + Send + Sync> = Box::new(A.run(5, || add.bind()));
        assert_eq!(boxed(10), 15);
    }
}

mod context {
    use super::*;

    /// ALS-29: the whole frame of the place where it is bound.
    #[test]
    fn is_the_whole_one_of_the_binding() {
        let bound = A.run(1, || {
            B.enter_with(2);
            let bound = (|| (A.get_store(), B.get_store())).bind();
            B.enter_with(3);
            bound
        });
        assert_eq!(bound(), (Some(1), Some(2)));
        assert_eq!(A.run(8, || B.run(9, &bound)), (Some(1), Some(2)));
    }

    /// Bound where nothing is set, it runs where nothing is set.
    #[test]
    fn of_nothing_is_nothing() {
        let bound = (|| A.get_store()).bind();
        let in_root = root(|| (|| A.get_store()).bind());
        assert_eq!(A.run(1, || (bound(), in_root())), (None, None));
    }

    /// ALS-30: each call starts from the captured frame again, also after one that panicked.
    #[test]
    fn starts_anew_at_each_call() {
        let calls = || {
            let before = A.get_store();
            A.enter_with(5);
            std::mem::forget(B.with_scope(5));
            (before, B.get_store())
        };
        let bound = A.run(1, || calls.bind());
        let mut bound_mut = A.run(1, || calls.bind_mut());
        let by_macro = A.run(1, || bind!(|| calls()));
        let bound_async = A.run(1, || (async || calls()).bind_async());
        let panics = A.run(1, || {
            (|| {
                assert_eq!(A.get_store(), Some(1));
                A.enter_with(5);
                panic!("each time")
            })
            .bind()
        });
        for _ in 0..3 {
            assert_eq!(bound(), (Some(1), Some(5)));
            assert_eq!(bound_mut(), (Some(1), Some(5)));
            assert_eq!(by_macro(), (Some(1), Some(5)));
            assert_eq!(block_on(bound_async()), (Some(1), Some(5)));
            assert_eq!(panic_of(&panics), "each time");
            assert_eq!((A.get_store(), B.get_store()), (None, None));
        }
    }

    #[test]
    fn of_one_bound_closure_called_in_another() {
        let inner = A.run(1, || read.bind());
        let outer = A.run(2, || (move || (read(), inner(), read())).bind());
        assert_eq!(A.run(3, || (outer(), read())), ((2, 1, 2), 3));
    }

    /// Bound again, the inner binding is what the closure sees.
    #[test]
    fn of_a_closure_bound_twice_is_the_first() {
        let once = A.run(1, || read.bind());
        let twice = A.run(2, || once.bind());
        assert_eq!(twice(), 1);
    }

    /// Two futures of one async closure, at the same time.
    #[test]
    fn of_two_futures_of_one_async_closure_are_two() {
        let bound = A.run(1, || {
            (async |n: u32| {
                let before = read();
                A.enter_with(n);
                pause().await;
                (before, read())
            })
            .bind_async()
        });
        let (mut one, mut two) = (pin!(bound(10)), pin!(bound(20)));
        assert!(poll(one.as_mut()).is_pending());
        assert!(poll(two.as_mut()).is_pending());
        assert_eq!(poll(one.as_mut()), Poll::Ready((1, 10)));
        assert_eq!(poll(two.as_mut()), Poll::Ready((1, 20)));
    }

    /// The synchronous part of a closure that answers a future runs in the context, too.
    #[test]
    fn covers_the_making_of_the_future() {
        let bound = A.run(1, || {
            (|| {
                let made = A.get_store();
                async move { (made, A.get_store()) }
            })
            .bind_async()
        });
        assert_eq!(A.run(9, || block_on(bound())), (Some(1), Some(1)));
    }
}

mod captures {
    use super::*;

    #[test]
    fn may_borrow_from_the_stack() {
        let text = String::from("text");
        let mut count = 0;
        let length = (|| text.len() as u32 + read()).bind_in(1);
        assert_eq!(length(), 5);
        let mut counting = A.run(1, || (|| count += read()).bind_mut());
        counting();
        counting();
        drop(counting);
        assert_eq!(count, 2);
        let bound = A.run(1, || (async || text.len() as u32 + read()).bind_async());
        assert_eq!(block_on(bound()), 5);
        assert_eq!(A.run(1, || (|| &text[..2]).bind())(), "te");
        // On a scoped thread.
        let bound = A.run(1, || (|| (&text[..], read())).bind());
        thread::scope(|s| assert_eq!(s.spawn(&bound).join().unwrap(), ("text", 1)));
    }

    trait BindIn: Bind<()> {
        fn bind_in<R>(self, store: u32) -> impl Fn() -> R
        where
            Self: Fn() -> R;
    }

    impl<F: Bind<()>> BindIn for F {
        fn bind_in<R>(self, store: u32) -> impl Fn() -> R
        where
            Self: Fn() -> R,
        {
            let then = A.run(store, snapshot);
            let bound = then.run(|| (move || self()).bind());
            move || bound()
        }
    }

    #[test]
    fn that_may_cross_threads_let_the_bound_closure_cross() {
        let text = String::from("text");
        let bound = A.run(1, || (move || (text.len(), read())).bind());
        assert_eq!(thread::spawn(bound).join().unwrap(), (4, 1));
        let mut n = 0;
        let bound = A.run(1, || {
            (move || {
                n += read();
                n
            })
            .bind_mut()
        });
        assert_eq!(thread::spawn(bound).join().unwrap(), 1);
        let (sender, received) = mpsc::channel();
        let bound = A.run(1, || (move || sender.send(read()).unwrap()).bind_once());
        thread::spawn(bound).join().unwrap();
        assert_eq!(received.recv(), Ok(1));
        let bound = A.run(1, || bind!(|| read()));
        assert_eq!(thread::spawn(bound).join().unwrap(), 1);
        let bound = A.run(1, || (async || read()).bind_async());
        assert_eq!(thread::spawn(move || block_on(bound())).join().unwrap(), 1);
    }

    #[test]
    fn that_may_not_are_bound_all_the_same() {
        let local = std::rc::Rc::new(5);
        let bound = A.run(1, || (move || *local + read()).bind());
        assert_eq!(bound(), 6);
    }

    /// Several threads call one bound closure at once.
    #[test]
    fn can_be_shared() {
        let bound = A.run(1, || {
            (|n: u32| {
                let before = read();
                A.enter_with(n);
                (before, read())
            })
            .bind()
        });
        thread::scope(|s| {
            for n in 10..14 {
                let bound = &bound;
                s.spawn(move || {
                    for _ in 0..100 {
                        assert_eq!(bound(n), (1, n));
                    }
                });
            }
        });
    }
}

mod by_macro {
    use super::*;

    #[test]
    fn all_forms() {
        let zero = A.run(1, || bind!(|| read()));
        let typed = A.run(1, || bind!(|| -> u32 { read() }));
        let one = A.run(1, || bind!(|a: u32| read() + a));
        let trailing = A.run(1, || bind!(|a: u32, b: u32| read() + a + b));
        let five = A.run(1, || {
            bind!(|a: u32, b: u32, c: u32, d: u32, e: u32| [read(), a, b, c, d, e])
        });
        assert_eq!((zero(), typed(), one(10), trailing(10, 20)), (1, 1, 11, 31));
        assert_eq!(five(2, 3, 4, 5, 6), [1, 2, 3, 4, 5, 6]);

        let mut sum = 0;
        let mut counting = A.run(1, || {
            bind!(mut || {
                sum += read();
                sum
            })
        });
        assert_eq!((counting(), counting()), (1, 2));
        let mut adding = A.run(1, || {
            bind!(mut |n: u32| -> u32 {
                sum += n;
                sum + read()
            })
        });
        assert_eq!((adding(10), adding(20)), (11, 31));

        let text = String::from("text");
        let once = A.run(1, || bind!(once || (text, read())));
        assert_eq!(once(), ("text".to_owned(), 1));
        let once = A.run(1, || bind!(once |text: String| text));
        assert_eq!(once("text".to_owned()), "text");
        // One that changes what it owns.
        let mut seen = vec![1];
        let once = A.run(1, || {
            bind!(once |n: u32| {
                seen.push(n + read());
                seen.len()
            })
        });
        assert_eq!(once(5), 2);
    }

    /// The point of the macro: one bound closure takes references of any lifetime.
    #[test]
    fn references_of_any_lifetime() {
        fn higher_ranked(f: impl for<'a> Fn(&'a str) -> usize) -> usize {
            f("literal") + f(&String::from("of this call"))
        }
        fn higher_ranked_mut(mut f: impl for<'a> FnMut(&'a str, &'a mut u32)) -> u32 {
            let mut n = 0;
            f(&String::from("four"), &mut n);
            f("five5", &mut n);
            n
        }
        let bound = A.run(100, || bind!(|text: &str| text.len() + read() as usize));
        let outer = String::from("outer");
        assert_eq!(bound(&outer), 105);
        {
            let inner = String::from("inner one");
            assert_eq!(bound(&inner), 109);
        }
        assert_eq!(higher_ranked(&bound), 219);
        assert_eq!(higher_ranked(bound), 219);
        let bound = A.run(1, || {
            bind!(mut |text: &str, n: &mut u32| {
                *n += text.len() as u32 + read();
            })
        });
        assert_eq!(higher_ranked_mut(bound), 11);
        let bound = A.run(1, || bind!(once |text: &str| text.len()));
        assert_eq!(bound(&String::from("once")), 4);
    }

    #[test]
    fn it_owns_what_it_names() {
        let make = || {
            let text = String::from("owned");
            A.run(1, || bind!(|| text.len() + read() as usize))
        };
        assert_eq!(thread::spawn(make()).join().unwrap(), 6);
    }

    #[test]
    fn two_in_one_expression_do_not_meet() {
        let n = 10;
        let bound = A.run(1, || {
            bind!(|| {
                let inner = A.run(2, || bind!(|m: u32| read() + m + n));
                (read(), inner(5))
            })
        });
        assert_eq!(bound(), (1, 17));
    }
}

/// Bound closures are callbacks: kept, called when it suits, by somebody else.
#[test]
fn callbacks_kept_by_another_thread_run_in_the_context_they_were_registered_in() {
    let (callbacks, registered) = mpsc::channel::<Box<dyn FnOnce() -> u32 + Send>>();
    let caller = thread::spawn(move || {
        Snapshot::empty().run(|| {
            A.enter_with(99);
            registered
                .into_iter()
                .map(|callback| callback())
                .collect::<Vec<_>>()
        })
    });
    for n in 0..3 {
        A.run(n, || callbacks.send(Box::new(read.bind_once())).unwrap());
    }
    drop(callbacks);
    assert_eq!(caller.join().unwrap(), [0, 1, 2]);
}

mod closures_that_answer_futures {
    use super::*;

    /// Answers, when it is dropped, what is set then.
    struct Told(mpsc::Sender<Option<u32>>);
    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(A.get_store());
        }
    }

    #[test]
    fn take_zero_to_four_arguments() {
        A.run(9, || {
            let zero = A.run(1, || (|| async { read() }).bind_future());
            let one = A.run(1, || (async |a: u32| read() + a).bind_future());
            let four = A.run(1, || {
                (|a: u32, b: u32, c: u32, d: u32| async move { [read(), a, b, c, d] }).bind_future()
            });
            for _ in 0..2 {
                assert_eq!((block_on(zero()), block_on(one(10))), (1, 11));
                assert_eq!(block_on(four(2, 3, 4, 5)), [1, 2, 3, 4, 5]);
            }
        });
    }

    /// What `bind_async` cannot promise.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn give_futures_that_can_be_spawned() {
        let bound = A.run(1, || {
            (|a: u32| async move {
                tokio::task::yield_now().await;
                read() + a
            })
            .bind_future()
        });
        let task = tokio::spawn(async move { tokio::spawn(bound(1)).await.unwrap() + bound(2).await });
        assert_eq!(task.await.unwrap(), 2 + 3);
    }

    #[test]
    fn are_called_in_their_context_and_each_future_starts_from_it_again() {
        let bound = A.run(1, || {
            (|| {
                let when_called = read();
                async move {
                    let before = read();
                    A.enter_with(5);
                    pause().await;
                    (when_called, before, read())
                }
            })
            .bind_future()
        });
        A.run(9, || {
            for _ in 0..2 {
                assert_eq!(block_on(bound()), (1, 1, 5));
                assert_eq!(read(), 9);
            }
        });
    }

    #[test]
    fn drop_a_future_that_was_never_polled_in_their_context_with_its_arguments() {
        let (told, drops) = mpsc::channel();
        let bound = A.run(1, || {
            (|argument: Told| async move {
                let _argument = argument;
                pause().await;
            })
            .bind_future()
        });
        A.run(9, || drop(bound(Told(told.clone()))));
        A.run(9, || assert!(poll(pin!(bound(Told(told)))).is_pending()));
        assert_eq!(drops.into_iter().collect::<Vec<_>>(), [Some(1), Some(1)]);
    }
}

#[test]
fn the_macro_takes_a_closure_that_says_move() {
    let text = String::from("owned");
    let fn_ = A.run(1, || bind!(move |n: usize| text.len() + n + read() as usize));
    assert_eq!(fn_(2), 8);
    let mut count = 0;
    let mut fn_mut = A.run(1, || {
        bind!(mut move || {
            count += read();
            count
        })
    });
    assert_eq!((fn_mut(), fn_mut()), (1, 2));
    let fn_once = A.run(1, || bind!(once move |n: u32| read() + n));
    assert_eq!(fn_once(1), 2);
}
