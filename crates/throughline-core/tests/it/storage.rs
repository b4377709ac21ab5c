//! `AsyncLocalStorage`, clause by clause, as the laws sharpen the clauses.

use crate::support::{
    Drops, Log, OnDrop, on_a_large_stack, on_thread, panic_of, pause, poll, with_panic_hook,
};
use futures::executor::block_on;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use throughline_core::{
    AsyncLocalStorage, AsyncResource, FutureContextExt, RunScope, create_hook, root, root_scope, snapshot,
};

/// Two copies of this crate would have two current frames. Cargo refuses a program with both, since both say so.
#[test]
fn there_is_one_copy_of_the_core_in_a_program() {
    assert!(include_str!("../../Cargo.toml").contains("\nlinks = \"throughline_core\"\n"));
}

mod naming {
    use super::*;

    /// ALS-2.
    #[test]
    fn a_storage_without_a_name_has_the_empty_one() {
        assert_eq!(AsyncLocalStorage::<u32>::new().name(), "");
        assert_eq!(AsyncLocalStorage::with_default(|| 1).name(), "");
        assert_eq!(AsyncLocalStorage::<u32>::default().name(), "");
    }

    /// ALS-2.
    #[test]
    fn a_name_is_for_people_and_two_storages_may_share_it() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new().named("user");
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 5).named("user");
        assert_eq!((A.name(), B.name()), ("user", "user"));
        A.run(1, || {
            assert_eq!((A.get_store(), B.get_store()), (Some(1), Some(5)))
        });
    }

    #[test]
    fn debug_shows_the_name_and_whether_it_is_set_and_not_the_store() {
        struct Secret;
        static A: AsyncLocalStorage<Secret> = AsyncLocalStorage::new().named("secret");
        let declared = format!("{}:{}:", file!(), line!() - 1);
        let shown = format!("{A:?}");
        assert!(
            shown.starts_with("AsyncLocalStorage { name: \"secret\", declared: "),
            "{shown}"
        );
        assert!(
            shown.contains(&declared) && shown.ends_with(", store: none }"),
            "{shown}"
        );
        A.run(Secret, || assert!(format!("{A:?}").ends_with(", store: .. }")));
    }

    #[test]
    fn debug_shows_the_store_of_a_storage_that_says_so() {
        static A: AsyncLocalStorage<&str> = AsyncLocalStorage::new().shown();
        static B: AsyncLocalStorage<&str> =
            AsyncLocalStorage::new().shown_as(|b, f| write!(f, "<{}>", b.len()));
        assert!(format!("{A:?}").ends_with("store: none }"));
        A.run("ada", || assert!(format!("{A:?}").ends_with(r#"store: "ada" }"#)));
        B.run("bob", || assert!(format!("{B:?}").ends_with("store: <3> }")));
    }

    /// What was entered is lent out while `Debug` runs, which may replace it.
    #[test]
    fn a_store_that_is_being_shown_may_be_replaced_meanwhile() {
        static A: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new().shown_as(|_, f| {
            A.disable();
            f.write_str("shown")
        });
        let drops = Drops::default();
        root(|| {
            A.enter_with(OnDrop::counting(&drops));
            assert!(format!("{A:?}").ends_with("store: shown }"));
            assert_eq!(drops.count(), 1);
        });
        A.run(OnDrop::counting(&drops), || {
            A.enter_with(OnDrop::counting(&drops));
            let text = format!("{:?}", snapshot());
            assert!(text.ends_with(": shown }"), "{text}");
        });
        assert_eq!(drops.count(), 3);
    }
}

mod get_store {
    use super::*;

    /// ALS-4.
    #[test]
    fn nothing_set_reads_as_none_or_as_the_default() {
        static PLAIN: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static WITH_DEFAULT: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 7);
        assert_eq!((PLAIN.get_store(), WITH_DEFAULT.get_store()), (None, Some(7)));
        assert_eq!(PLAIN.with(|store| store.copied()), None);
        assert_eq!(WITH_DEFAULT.with(|store| store.copied()), Some(7));
    }

    /// ALS-4: "absent" and "explicitly none" differ, and the explicit one wins over the default.
    #[test]
    fn an_explicit_none_wins_over_the_default() {
        static A: AsyncLocalStorage<Option<u32>> = AsyncLocalStorage::with_default(|| Some(7));
        assert_eq!(A.get_store(), Some(Some(7)));
        A.run(None, || {
            assert_eq!(A.get_store(), Some(None));
            assert_eq!(A.with(|store| store.copied()), Some(None));
            assert_eq!(snapshot().get(&A), Some(None));
        });
        root(|| {
            A.enter_with(None);
            assert_eq!(A.get_store(), Some(None));
        });
        assert_eq!(block_on(A.scope(None, async { A.get_store() })), Some(None));
    }

    /// ALS-5.
    #[test]
    fn a_store_is_handed_out_by_identity() {
        static A: AsyncLocalStorage<Arc<Mutex<u32>>> = AsyncLocalStorage::new();
        let store = Arc::new(Mutex::new(1));
        A.run(Arc::clone(&store), || {
            let read = A.get_store().unwrap();
            assert!(Arc::ptr_eq(&read, &store));
            *read.lock().unwrap() = 2;
            assert_eq!(A.with(|s| *s.unwrap().lock().unwrap()), 2);
        });
        assert_eq!(*store.lock().unwrap(), 2);
    }

    /// ALS-5.
    #[test]
    fn with_lends_one_and_the_same_value_and_clones_nothing() {
        struct NotClone(AtomicU32);
        static A: AsyncLocalStorage<NotClone> = AsyncLocalStorage::new();
        A.run(NotClone(AtomicU32::new(0)), || {
            let address = A.with(|s| std::ptr::from_ref(s.unwrap()).addr());
            A.with(|s| s.unwrap().0.store(5, Ordering::Relaxed));
            let then = snapshot();
            // The same in a nested boundary, in the snapshot, and on another thread.
            root(|| {
                then.run(|| A.with(|s| assert_eq!(std::ptr::from_ref(s.unwrap()).addr(), address)));
            });
            on_thread(|| {
                then.with(&A, |s| {
                    assert_eq!(std::ptr::from_ref(s.unwrap()).addr(), address);
                    assert_eq!(s.unwrap().0.load(Ordering::Relaxed), 5);
                });
            });
        });
    }

    /// ALS-6 and law 7.
    #[test]
    fn reading_works_anywhere() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        // On a bare thread, by the first thing it does.
        assert_eq!(on_thread(|| A.get_store()), None);
        A.run(1, || {
            // Inside `with`, of itself.
            assert_eq!(
                A.with(|outer| A.with(|inner| (outer.copied(), inner.copied()))),
                (Some(1), Some(1))
            );
            // In a destructor.
            let log = Log::new();
            drop(OnDrop::new({
                let log = log.clone();
                move || log.push(A.get_store())
            }));
            assert_eq!(log.take(), [Some(1)]);
        });
    }

    /// ALS-3: in Node 20 the caller sees what its callee enters after an `await`, unless some hook is enabled.
    #[test]
    fn what_is_read_does_not_depend_on_what_else_is_there() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let program = || {
            let callee = async {
                A.enter_with(2);
                pause().await;
                A.enter_with(3);
                A.get_store()
            };
            let called = A.scope(1, async {
                let seen = callee.in_context().await;
                (seen, A.get_store())
            });
            let resource = A.run(4, || AsyncResource::new("SEEN"));
            (
                block_on(called),
                resource.run_in_async_scope(|| A.get_store()),
                A.get_store(),
            )
        };
        let expected = ((Some(3), Some(1)), Some(4), None);
        assert_eq!(program(), expected);
        let other = AsyncLocalStorage::new();
        assert_eq!(other.run(1, program), expected);
        let hook = create_hook().init(|_| ()).before(|_| ()).destroy(|_| ()).build();
        let enabled = hook.enable_scoped();
        assert_eq!(program(), expected);
        drop(enabled);
        assert_eq!(program(), expected);
    }

    /// Law 7.
    #[test]
    fn a_panic_hook_reads_the_store_of_the_code_that_panicked() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let log = Log::new();
        let probe = {
            let log = log.clone();
            move |_: &std::panic::PanicHookInfo<'_>| log.push((A.get_store(), snapshot().len()))
        };
        with_panic_hook(probe, || panic_of(|| A.run(3, || panic!("inside"))));
        assert_eq!(log.take(), [(Some(3), 1)]);
    }

    #[test]
    fn with_may_set_enter_and_poll_meanwhile_and_what_it_was_lent_stays() {
        static A: AsyncLocalStorage<String> = AsyncLocalStorage::new();
        let first = || "first".to_owned();
        root(|| {
            // Entered twice, so that the current frame is one that `enter_with` replaces.
            A.enter_with("zeroth".to_owned());
            A.enter_with(first());
            A.with(|lent| {
                let lent = lent.unwrap();
                A.enter_with("second".to_owned());
                A.disable();
                A.enter_with("third".to_owned());
                A.run("fourth".to_owned(), || assert_eq!(lent, "first"));
                assert_eq!(block_on(A.scope(first(), async { A.get_store() })), Some(first()));
                assert_eq!(lent, "first");
            });
            assert_eq!(A.get_store().as_deref(), Some("third"));
        });
        A.run(first(), || {
            A.with(|lent| {
                A.enter_with("second".to_owned());
                A.enter_with("third".to_owned());
                assert_eq!(lent.unwrap(), "first");
            });
        });
    }
}

mod run {
    use super::*;

    /// ALS-7.
    #[test]
    fn run_calls_its_closure_once_at_once_and_returns_its_result() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let mut calls = 0;
        let moved = String::from("moved");
        let result = A.run(1, || {
            calls += 1;
            (moved, A.get_store())
        });
        assert_eq!((calls, result), (1, ("moved".to_owned(), Some(1))));
        assert_eq!(A.get_store(), None);
    }

    /// ALS-7: the future that `f` makes is handed back unpolled, and belongs to whoever polls it.
    #[test]
    fn a_future_made_in_run_is_polled_outside_of_it() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let future = A.run(1, || async { A.get_store() });
        assert_eq!(block_on(A.scope(2, future)), Some(2));
    }

    /// ALS-8.
    #[test]
    fn a_panic_goes_through_unchanged_with_the_store_put_back_first() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        #[derive(Debug, PartialEq)]
        struct Payload(u32);
        A.run(1, || {
            let caught = catch_unwind(AssertUnwindSafe(|| A.run(2, || panic_any(Payload(5)))));
            assert_eq!(*caught.unwrap_err().downcast::<Payload>().unwrap(), Payload(5));
            assert_eq!(A.get_store(), Some(1));
        });
        // "First": a destructor further up the stack sees it put back already.
        let log = Log::new();
        A.run(1, || {
            panic_of(|| {
                let log = log.clone();
                let _above = OnDrop::new(move || log.push(A.get_store()));
                A.run(2, || panic!("inside"))
            })
        });
        assert_eq!(log.take(), [Some(1)]);
    }

    /// ALS-9, where law 1 differs from Node: the stores of *all* storages are put back.
    #[test]
    fn run_puts_back_the_stores_of_other_storages_too() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static C: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            B.enter_with(1);
            A.run(1, || {
                B.enter_with(2);
                C.enter_with(2);
                mem::forget(B.with_scope(3));
                assert_eq!((B.get_store(), C.get_store()), (Some(3), Some(2)));
            });
            assert_eq!((B.get_store(), C.get_store()), (Some(1), None));
            panic_of(|| {
                A.run(1, || {
                    B.disable();
                    C.enter_with(2);
                    panic!("inside")
                })
            });
            assert_eq!((B.get_store(), C.get_store()), (Some(1), None));
        });
    }

    /// ALS-10: Node skips a `run` with the store that is current anyway, and then restores nothing.
    #[test]
    fn a_run_with_the_current_store_is_a_boundary_all_the_same() {
        static A: AsyncLocalStorage<Arc<u32>> = AsyncLocalStorage::new();
        let one = Arc::new(1);
        A.run(Arc::clone(&one), || {
            A.run(Arc::clone(&one), || A.enter_with(Arc::new(2)));
            assert_eq!(A.get_store().as_deref(), Some(&1));
        });
        // The same shortcut, in `exit` with nothing set.
        root(|| {
            A.exit(|| A.enter_with(Arc::new(2)));
            assert_eq!(A.get_store(), None);
        });
    }

    /// ALS-11.
    #[test]
    fn a_thousand_nested_runs_stack() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        fn nest(depth: u32) {
            if depth == 1000 {
                return;
            }
            A.run(depth, || {
                assert_eq!(A.get_store(), Some(depth));
                nest(depth + 1);
                assert_eq!(A.get_store(), Some(depth));
            });
        }
        on_a_large_stack(|| {
            nest(0);
            assert_eq!(A.get_store(), None);
        });
    }

    /// ALS-11.
    #[test]
    fn a_thousand_nested_runs_unwind() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        fn nest(depth: u32, log: &Log<Option<u32>>) {
            let log_here = log.clone();
            let _at_unwind = OnDrop::new(move || log_here.push(A.get_store()));
            if depth == 1000 {
                panic!("deep");
            }
            A.run(depth, || nest(depth + 1, log));
        }
        let log = Log::new();
        on_a_large_stack({
            let log = log.clone();
            move || assert_eq!(panic_of(|| nest(0, &log)), "deep")
        });
        let expected: Vec<_> = (0..1000).rev().map(Some).chain([None]).collect();
        assert_eq!(log.take(), expected);
    }

    /// ALS-11: "no stack growth beyond the calls". A thread has 2 MB, and a test is built without optimisation.
    #[test]
    fn a_thousand_nested_runs_fit_on_an_ordinary_stack() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        #[inline(never)]
        fn address() -> usize {
            let here = 0_u8;
            std::ptr::from_ref(std::hint::black_box(&here)).addr()
        }
        fn nest(depth: u32) -> usize {
            if depth == 0 {
                return address();
            }
            A.run(depth, || nest(depth - 1))
        }
        let a_level = nest(10).abs_diff(nest(110)) / 100;
        assert!(a_level * 1000 <= 3 << 19, "{a_level} bytes a level");
    }

    /// ALS-11.
    #[test]
    fn several_storages_are_independent() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<&str> = AsyncLocalStorage::new();
        static C: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let all = || (A.get_store(), B.get_store(), C.get_store());
        A.run(1, || {
            B.run("b", || {
                A.run(2, || {
                    C.run(3, || assert_eq!(all(), (Some(2), Some("b"), Some(3))));
                    assert_eq!(all(), (Some(2), Some("b"), None));
                });
                assert_eq!(all(), (Some(1), Some("b"), None));
            });
            assert_eq!(all(), (Some(1), None, None));
        });
    }

    /// ALS-11, with more storages than a frame has room for at first, made in one order and nested in another.
    #[test]
    fn a_hundred_storages_are_independent() {
        fn nest(storages: &[AsyncLocalStorage<usize>], order: &[usize], then: &dyn Fn()) {
            match order {
                [] => then(),
                [first, rest @ ..] => storages[*first].run(*first, || nest(storages, rest, then)),
            }
        }
        let storages: Vec<_> = (0..100).map(|_| AsyncLocalStorage::new()).collect();
        // 37 and 100 have no common divisor, so this goes through all of them.
        let order: Vec<_> = (0..100).map(|n| n * 37 % 100).collect();
        nest(&storages, &order, &|| {
            assert!(storages.iter().enumerate().all(|(n, s)| s.get_store() == Some(n)));
            assert_eq!(snapshot().len(), 100);
            storages[50].exit(|| {
                for (n, s) in storages.iter().enumerate() {
                    assert_eq!(s.get_store(), (n != 50).then_some(n));
                }
            });
        });
        assert!(storages.iter().all(|s| s.get_store().is_none()));
    }

    /// Stores of every size and alignment keep their value.
    #[test]
    fn stores_of_any_layout_are_kept() {
        #[derive(Clone, Debug, PartialEq)]
        struct Nothing;
        #[derive(Clone, Debug, PartialEq)]
        #[repr(align(256))]
        struct Aligned(u8);
        #[derive(Clone, Debug, PartialEq)]
        struct Large([u64; 1000]);
        static A: AsyncLocalStorage<Nothing> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<Aligned> = AsyncLocalStorage::new();
        static C: AsyncLocalStorage<Large> = AsyncLocalStorage::new();
        static D: AsyncLocalStorage<u8> = AsyncLocalStorage::new();
        let check = || {
            assert_eq!(A.get_store(), Some(Nothing));
            assert_eq!(B.get_store(), Some(Aligned(1)));
            B.with(|b| assert_eq!(std::ptr::from_ref(b.unwrap()).addr() % 256, 0));
            assert_eq!(C.get_store(), Some(Large([2; 1000])));
            assert_eq!(D.get_store(), Some(3));
        };
        A.run(Nothing, || {
            B.run(Aligned(1), || C.run(Large([2; 1000]), || D.run(3, check)))
        });
        root(|| {
            C.enter_with(Large([2; 1000]));
            B.enter_with(Aligned(1));
            let _d = D.with_scope(3);
            let _a = A.with_scope(Nothing);
            check();
            on_thread({
                let then = snapshot();
                move || then.run(check)
            });
        });
        throughline_core::run_with(
            ((&A, Nothing), (&D, 3), (&B, Aligned(1)), (&C, Large([2; 1000]))),
            check,
        );
    }
}

mod exit {
    use super::*;

    /// ALS-14: absent, so that the default applies; the other storages stay; put back after.
    #[test]
    fn inside_exit_the_storage_reads_as_if_nothing_had_been_set() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        B.run(1, || {
            A.run(2, || {
                let inside = A.exit(|| (A.get_store(), A.with(|a| a.copied()), B.get_store()));
                assert_eq!(inside, (Some(9), Some(9), Some(1)));
                assert_eq!((A.get_store(), B.get_store()), (Some(2), Some(1)));
                assert_eq!(B.exit(|| (A.get_store(), B.get_store())), (Some(2), None));
            });
        });
    }

    /// ALS-14, with the store entered, and not run.
    #[test]
    fn exit_hides_an_entered_store_too() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            assert_eq!(A.exit(|| A.get_store()), None);
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-14.
    #[test]
    fn exit_puts_the_store_back_after_a_panic() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        A.run(1, || {
            assert_eq!(panic_of(|| A.exit(|| panic!("inside"))), "inside");
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-14.
    #[test]
    fn work_captured_inside_exit_sees_none() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        B.run(1, || {
            A.run(2, || {
                let (then, future) =
                    A.exit(|| (snapshot(), async { (A.get_store(), B.get_store()) }.in_context()));
                assert_eq!(then.get(&A), None);
                assert_eq!(then.run(|| (A.get_store(), B.get_store())), (None, Some(1)));
                assert_eq!(block_on(future), (None, Some(1)));
            });
        });
    }

    /// ALS-14: where Node's engines leak (#62290) or put back, this puts back.
    #[test]
    fn what_is_entered_inside_exit_is_gone_after_it() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        A.run(1, || {
            A.exit(|| {
                A.enter_with(2);
                assert_eq!(A.get_store(), Some(2));
            });
            assert_eq!(A.get_store(), Some(1));
        });
        // Without anything set, and outside of any boundary, it is one all the same.
        A.exit(|| A.enter_with(2));
        assert_eq!(A.get_store(), None);
    }

    /// ALS-15: there is one store to hide, not a stack of them to pop.
    #[test]
    fn nested_exits_do_not_pop() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        A.run(1, || {
            A.run(2, || {
                A.exit(|| {
                    assert_eq!(A.get_store(), None);
                    A.exit(|| assert_eq!(A.get_store(), None));
                    A.run(3, || {
                        assert_eq!(A.get_store(), Some(3));
                        A.exit(|| assert_eq!(A.get_store(), None));
                        assert_eq!(A.get_store(), Some(3));
                    });
                    assert_eq!(A.get_store(), None);
                });
                assert_eq!(A.get_store(), Some(2));
            });
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-14, the form for futures: over all its awaits, and seen by nobody else.
    #[test]
    fn an_exit_scope_reads_none_at_every_poll() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let mut future = pin!(A.exit_scope(async {
            let first = (A.get_store(), B.get_store());
            pause().await;
            (first, (A.get_store(), B.get_store()))
        }));
        A.run(1, || {
            B.run(1, || assert!(poll(future.as_mut()).is_pending()));
            assert_eq!(A.get_store(), Some(1));
        });
        // Its base is that of the first poll, and is kept.
        A.run(2, || {
            B.run(2, || {
                let seen = (Some(9), Some(1));
                assert_eq!(poll(future.as_mut()), Poll::Ready((seen, seen)));
                assert_eq!((A.get_store(), B.get_store()), (Some(2), Some(2)));
            });
        });
    }
}

mod enter_with {
    use super::*;

    /// ALS-16.
    #[test]
    fn what_is_entered_lasts_for_the_rest_of_the_boundary_and_what_it_hands_over() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            fn callee() {
                A.enter_with(1);
            }
            callee();
            assert_eq!(A.get_store(), Some(1));
            root(|| assert_eq!(A.get_store(), None));
            let then = snapshot();
            assert_eq!(on_thread(move || then.run(|| A.get_store())), Some(1));
            A.enter_with(2);
            assert_eq!(A.get_store(), Some(2));
        });
        assert_eq!(A.get_store(), None);
    }

    /// ALS-16: entering one storage leaves the others as they are.
    #[test]
    fn entering_one_storage_leaves_the_others() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        A.run(1, || {
            B.enter_with(2);
            assert_eq!((A.get_store(), B.get_store()), (Some(1), Some(2)));
            A.enter_with(3);
            assert_eq!((A.get_store(), B.get_store()), (Some(3), Some(2)));
            B.enter_with(4);
            assert_eq!((A.get_store(), B.get_store()), (Some(3), Some(4)));
        });
    }

    /// ALS-17: listeners do not leak into each other, nor into whoever called them.
    #[test]
    fn what_one_listener_enters_no_other_sees() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let registered = A.run(1, snapshot);
        let listener = || {
            let before = A.get_store();
            A.enter_with(2);
            before
        };
        A.run(5, || {
            let seen = [registered.run(listener), registered.run(listener)];
            assert_eq!(seen, [Some(1), Some(1)]);
            assert_eq!(A.get_store(), Some(5));
        });
    }

    /// ALS-18: neither before the first await nor after one does it leak into whoever polls.
    #[test]
    fn what_an_async_fn_enters_its_caller_does_not_see() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        async fn callee() {
            A.enter_with(1);
            pause().await;
            assert_eq!(A.get_store(), Some(1));
            A.enter_with(2);
        }
        A.run(9, || {
            let mut future = pin!(callee().in_context());
            assert!(poll(future.as_mut()).is_pending());
            assert_eq!(A.get_store(), Some(9));
            assert!(poll(future.as_mut()).is_ready());
            assert_eq!(A.get_store(), Some(9));
        });
    }

    /// ALS-19: a callback that runs again starts from its context again.
    #[test]
    fn what_is_entered_in_one_tick_is_gone_in_the_next() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let interval = A.run(1, snapshot);
        for _ in 0..3 {
            interval.run(|| {
                assert_eq!(A.get_store(), Some(1));
                A.enter_with(2);
            });
        }
    }

    /// ALS-20.
    #[test]
    fn what_was_captured_before_does_not_see_it() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            let before = snapshot();
            let future = async { A.get_store() }.in_context();
            A.enter_with(1);
            let between = snapshot();
            A.enter_with(2);
            assert_eq!(before.run(|| A.get_store()), None);
            assert_eq!(between.run(|| A.get_store()), Some(1));
            assert_eq!(block_on(future), None);
        });
    }
}

mod disable {
    use super::*;

    /// ALS-13: nothing that was there comes back.
    #[test]
    fn run_after_disable_works_and_revives_nothing() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            A.disable();
            A.run(2, || assert_eq!(A.get_store(), Some(2)));
            assert_eq!(A.get_store(), None);
            A.enter_with(3);
            assert_eq!(A.get_store(), Some(3));
        });
    }

    /// ALS-21, as law 2 sharpens it: of the current boundary, and of no snapshot, not even one of the same frame.
    #[test]
    fn disable_is_for_the_rest_of_the_current_boundary_only() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        B.run(1, || {
            A.run(1, || {
                let before = snapshot();
                A.run(2, || {
                    let same_frame = snapshot();
                    A.disable();
                    assert_eq!((A.get_store(), B.get_store()), (None, Some(1)));
                    // Also in what is opened and taken from now on …
                    root(|| assert_eq!(A.get_store(), None));
                    B.run(2, || assert_eq!(A.get_store(), None));
                    assert_eq!(snapshot().get(&A), None);
                    // … and nowhere else.
                    assert_eq!((same_frame.get(&A), before.get(&A)), (Some(2), Some(1)));
                    assert_eq!(same_frame.run(|| A.get_store()), Some(2));
                });
                assert_eq!(A.get_store(), Some(1));
            });
        });
    }

    /// ALS-21: what other boundaries hold is not touched, on this thread or another.
    #[test]
    fn disable_reaches_no_other_future() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        A.run(1, || {
            let mut other = pin!(
                async {
                    A.enter_with(2);
                    pause().await;
                    A.get_store()
                }
                .in_context()
            );
            assert!(poll(other.as_mut()).is_pending());
            A.disable();
            assert_eq!(poll(other.as_mut()), Poll::Ready(Some(2)));
        });
    }

    /// ALS-22.
    #[test]
    fn the_end_of_the_run_it_was_disabled_in_brings_the_prior_store_back() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            A.run(2, || A.disable());
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-23.
    #[test]
    fn a_disabled_storage_reads_as_its_default_and_disabling_again_changes_nothing() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
        A.disable();
        A.run(1, || {
            A.disable();
            A.disable();
            assert_eq!(A.get_store(), Some(9));
        });
        A.disable();
        assert_eq!(A.get_store(), Some(9));
    }

    /// ALS-21 and law 10: it lasts over the awaits of the future it was called in.
    #[test]
    fn what_a_future_disables_stays_disabled_over_its_awaits() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let mut future = pin!(A.scope(1, async {
            A.disable();
            pause().await;
            A.get_store()
        }));
        assert!(poll(future.as_mut()).is_pending());
        assert_eq!(A.run(2, || poll(future.as_mut())), Poll::Ready(None));
    }

    #[test]
    fn guards_of_a_disabled_storage_bring_nothing_back() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            let b = B.with_scope(1);
            let first = A.with_scope(2);
            let second = A.with_scope(3);
            A.disable();
            assert_eq!((A.get_store(), B.get_store()), (None, Some(1)));
            drop(first);
            assert_eq!(A.get_store(), None);
            A.enter_with(4);
            drop(second);
            assert_eq!(A.get_store(), Some(4));
            // The other storage's guard is as good as ever.
            drop(b);
            assert_eq!((A.get_store(), B.get_store()), (Some(4), None));
        });
    }
}

mod with_scope {
    use super::*;

    /// ALS-25.
    #[test]
    fn a_guard_sets_its_store_until_it_is_dropped_or_disposed_of() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            {
                let _scope = A.with_scope(2);
                assert_eq!(A.get_store(), Some(2));
            }
            assert_eq!(A.get_store(), Some(1));
            let scope = A.with_scope(3);
            assert_eq!(A.get_store(), Some(3));
            scope.dispose();
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-25: it ends its own storage's store, and leaves what was done to the others.
    #[test]
    fn a_guard_puts_back_its_own_storage_only() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            let scope = A.with_scope(1);
            B.enter_with(2);
            drop(scope);
            assert_eq!((A.get_store(), B.get_store()), (None, Some(2)));
        });
    }

    /// ALS-25: what is entered meanwhile ends with the guard.
    #[test]
    fn a_store_entered_over_a_guard_ends_with_it() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            let scope = A.with_scope(2);
            A.enter_with(3);
            assert_eq!(A.get_store(), Some(3));
            drop(scope);
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-26, exhaustively for three guards on two storages: a guard ends its own store; what is visible is the latest
    /// open guard's, or what there was before; no ended store comes back (as Node's do).
    #[test]
    fn guards_dropped_in_any_order_bring_no_ended_store_back() {
        static KEYS: [AsyncLocalStorage<u32>; 2] = [AsyncLocalStorage::new(), AsyncLocalStorage::new()];
        const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for before in [None, Some(100)] {
            for keys in 0..8_usize {
                let key_of = |guard: usize| keys >> guard & 1;
                for order in ORDERS {
                    root(|| {
                        if let Some(before) = before {
                            KEYS.iter().for_each(|k| k.enter_with(before));
                        }
                        let mut guards: Vec<Option<RunScope>> = Vec::new();
                        for n in 0..3 {
                            guards.push(Some(KEYS[key_of(n)].with_scope(n as u32)));
                        }
                        let check = |guards: &[Option<RunScope>]| {
                            for (k, key) in KEYS.iter().enumerate() {
                                let latest = (0..3).rev().find(|&n| key_of(n) == k && guards[n].is_some());
                                let expected = latest.map(|n| n as u32).or(before);
                                assert_eq!(
                                    key.get_store(),
                                    expected,
                                    "{before:?} {keys:03b} {order:?}: {guards:?}"
                                );
                            }
                        };
                        check(&guards);
                        for n in order {
                            guards[n] = None;
                            check(&guards);
                        }
                    });
                }
            }
        }
    }

    /// ALS-26: the store of a guard that ended under another one is gone at once, not kept for later.
    #[test]
    fn the_store_of_a_guard_that_ended_out_of_order_is_dropped_at_once() {
        static A: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
        let (outer, inner) = (Drops::default(), Drops::default());
        root(|| {
            let first = A.with_scope(OnDrop::counting(&outer));
            let second = A.with_scope(OnDrop::counting(&inner));
            drop(first);
            assert_eq!((outer.count(), inner.count()), (1, 0));
            drop(second);
            assert_eq!((outer.count(), inner.count()), (1, 1));
        });
    }

    /// ALS-26: in the middle of a guard's time, `enter_with` and another guard.
    #[test]
    fn an_outer_guard_dropped_first_takes_what_was_entered_over_it_along() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            let first = A.with_scope(2);
            A.enter_with(3);
            let second = A.with_scope(4);
            drop(first);
            assert_eq!(A.get_store(), Some(4));
            drop(second);
            assert_eq!(A.get_store(), Some(1));
        });
    }

    /// ALS-26 and law 10.
    #[test]
    fn a_guard_dropped_in_another_boundary_does_nothing() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        static B: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            A.enter_with(1);
            let scope = A.with_scope(2);
            B.run(1, || {
                // In one that has entered something itself, too.
                A.enter_with(3);
                drop(scope);
                assert_eq!(A.get_store(), Some(3));
            });
            // It lasts to the end of its own boundary then.
            assert_eq!(A.get_store(), Some(2));
            let scope = A.with_scope(4);
            A.run(5, || {
                drop(scope);
                assert_eq!(A.get_store(), Some(5));
            });
            assert_eq!(A.get_store(), Some(4));
        });
        assert_eq!(A.get_store(), None);
    }

    /// ALS-26: Node writes the recorded value into an unrelated context.
    #[test]
    fn a_guard_dropped_after_its_boundary_ended_does_nothing() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let scope = A.run(1, || A.with_scope(2));
        assert_eq!(A.get_store(), None);
        root(|| {
            A.enter_with(3);
            let own = A.with_scope(4);
            drop(scope);
            assert_eq!(A.get_store(), Some(4));
            drop(own);
            assert_eq!(A.get_store(), Some(3));
        });
        let scope = root(|| A.with_scope(2));
        drop(scope);
        assert_eq!(A.get_store(), None);
    }

    /// Law 10.
    #[test]
    fn a_forgotten_guard_ends_with_its_boundary() {
        static A: AsyncLocalStorage<OnDrop> = AsyncLocalStorage::new();
        let drops = Drops::default();
        root(|| {
            mem::forget(A.with_scope(OnDrop::counting(&drops)));
            assert_eq!(drops.count(), 0);
        });
        assert_eq!(drops.count(), 1);
        assert!(A.with(|a| a.is_none()));
    }

    /// ALS-28.
    #[test]
    fn after_a_guard_the_default_is_read_again() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::with_default(|| 9);
        root(|| {
            drop(A.with_scope(1));
            assert_eq!(A.get_store(), Some(9));
            assert!(snapshot().is_empty());
        });
    }

    /// Law 2, for guards.
    #[test]
    fn a_snapshot_taken_under_a_guard_keeps_its_store() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        root(|| {
            let scope = A.with_scope(1);
            let then = snapshot();
            drop(scope);
            assert_eq!((A.get_store(), then.get(&A)), (None, Some(1)));
        });
    }

    /// ALS-27 and trap 3: inside a future with a boundary of its own, a guard may be held across an await.
    #[test]
    fn a_guard_held_across_awaits_is_seen_by_its_own_future_only() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let mut future = pin!(root_scope(async {
            let scope = A.with_scope(1);
            pause().await;
            let held = A.get_store();
            let inner = A.with_scope(2);
            pause().await;
            // Out of order, in a later poll than either was made in.
            drop(scope);
            let under = A.get_store();
            pause().await;
            drop(inner);
            (held, under, A.get_store())
        }));
        for n in 10..13 {
            A.run(n, || {
                assert!(poll(future.as_mut()).is_pending());
                assert_eq!(A.get_store(), Some(n));
            });
            assert_eq!(A.get_store(), None);
        }
        assert_eq!(poll(future.as_mut()), Poll::Ready((Some(1), Some(2), None)));
    }

    /// Trap 3: two futures that take turns, each with a guard.
    #[test]
    fn guards_of_futures_that_take_turns_do_not_meet() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let guarded = |n| async move {
            let scope = A.with_scope(n);
            pause().await;
            let seen = A.get_store();
            drop(scope);
            (seen, A.get_store())
        };
        let (mut one, mut two) = (pin!(guarded(1).in_context()), pin!(A.scope(9, guarded(2))));
        assert!(poll(one.as_mut()).is_pending());
        assert!(poll(two.as_mut()).is_pending());
        assert_eq!(poll(one.as_mut()), Poll::Ready((Some(1), None)));
        assert_eq!(poll(two.as_mut()), Poll::Ready((Some(2), Some(9))));
    }

    /// Trap 3: a future cancelled while it holds a guard.
    #[test]
    fn a_guard_dropped_with_its_cancelled_future_touches_nobody_else() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        A.run(9, || {
            let own = A.with_scope(8);
            let mut future = Box::pin(
                async {
                    let _scope = A.with_scope(1);
                    pause().await;
                }
                .in_context(),
            );
            assert!(poll(future.as_mut()).is_pending());
            drop(future);
            assert_eq!(A.get_store(), Some(8));
            drop(own);
            assert_eq!(A.get_store(), Some(9));
        });
    }

    /// Law 10: a guard of a future's boundary that is dropped between its polls.
    #[test]
    fn a_guard_moved_out_of_its_future_does_nothing_outside() {
        static A: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
        let slot = std::cell::Cell::new(None);
        let mut future = pin!(root_scope(async {
            slot.set(Some(A.with_scope(1)));
            pause().await;
            A.get_store()
        }));
        A.run(9, || {
            assert!(poll(future.as_mut()).is_pending());
            drop(slot.take());
            assert_eq!(A.get_store(), Some(9));
        });
        assert_eq!(poll(future.as_mut()), Poll::Ready(Some(1)));
    }
}
