//! Items of channels that are worked off in their sender's context.

use super::{HELD, ID, Tells, id};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use throughline::tokio::{Tagged, tag, tag_for};
use throughline::{AsyncLocalStorage, Crossing, FutureContextExt, HandOver, Propagation, in_boundary};
use tokio::sync::mpsc;

static EVERYWHERE: AsyncLocalStorage<u64> = AsyncLocalStorage::new().propagation(Propagation::everywhere());
static HALVED: AsyncLocalStorage<u64> =
    AsyncLocalStorage::new().propagation(Propagation::new().job(Crossing::Map(|left| Some(left / 2))));

fn crossed() -> [Option<u64>; 3] {
    [ID.get_store(), EVERYWHERE.get_store(), HALVED.get_store()]
}

#[test]
fn tag_takes_what_crosses_such_a_hand_over() {
    let [job, task, detached] = ID.run(1, || {
        EVERYWHERE.run(2, || {
            HALVED.run(100, || {
                [
                    tag(()),
                    tag_for(HandOver::Task, ()),
                    tag_for(HandOver::Detached, ()),
                ]
            })
        })
    });
    assert_eq!(job.run(|()| crossed()), [None, Some(2), Some(50)]);
    assert_eq!(task.run(|()| crossed()), [Some(1), Some(2), Some(100)]);
    assert_eq!(detached.run(|()| crossed()), [None, Some(2), None]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receiver_goes_on_in_the_senders_context_for_one_item_at_a_time() {
    let (sender, mut receiver) = mpsc::channel(4);
    for sent in 1..=3 {
        let send = async {
            sender.send(tag_for(HandOver::Task, sent)).await.unwrap();
            ID.enter_with(100);
        };
        ID.scope(sent, send).await;
    }
    drop(sender);
    let receive = async move {
        let mut seen = Vec::new();
        while let Some(item) = receiver.recv().await {
            let work = async |sent| {
                let first = (id(), in_boundary());
                ID.enter_with(sent * 10);
                tokio::task::yield_now().await;
                (first, id())
            };
            seen.push((item.scope(work).await, id()));
        }
        seen
    };
    let seen = tokio::spawn(ID.scope(7, receive)).await.unwrap();
    let expected = [1, 2, 3].map(|sent| (((Some(sent), true), Some(sent * 10)), Some(7)));
    assert_eq!(seen, expected);
}

#[test]
fn run_is_a_boundary_also_when_it_panics() {
    let item = ID.run(1, || tag_for(HandOver::Task, ()));
    ID.run(2, || {
        let run = |item: Tagged<()>| {
            item.run(|()| {
                assert_eq!(id(), Some(1));
                ID.enter_with(3);
                panic!("item");
            })
        };
        assert!(catch_unwind(AssertUnwindSafe(|| run(item.clone()))).is_err());
        assert_eq!(id(), Some(2));
    });
    assert_eq!(item.run(|()| id()), Some(1));
}

// Law 4.
#[test]
fn scope_makes_and_drops_the_future_in_the_senders_context() {
    let (tells, dropped) = Tells::new();
    let item = ID.run(1, || tag_for(HandOver::Task, tells));
    let scope = ID.run(2, || {
        item.scope(|tells| {
            let made_in = id();
            async move {
                let _tells = tells;
                pending::<()>().await;
                made_in
            }
        })
    });
    drop(scope);
    assert_eq!(dropped.recv().unwrap(), Some(1));
    let made_in = ID
        .run(1, || tag_for(HandOver::Task, ()))
        .scope(|()| std::future::ready(id()));
    assert_eq!(futures::executor::block_on(made_in), Some(1));
}

#[test]
fn item_that_nobody_receives_is_dropped_as_any_value_and_leaves_nothing_behind() {
    let held = Arc::new(());
    let (tells, dropped) = Tells::new();
    let (sender, receiver) = mpsc::channel(1);
    HELD.run(Arc::clone(&held), || {
        ID.run(1, || sender.try_send(tag_for(HandOver::Task, tells)).unwrap())
    });
    assert_eq!(Arc::strong_count(&held), 2);
    ID.run(2, || drop(receiver));
    assert_eq!(dropped.recv().unwrap(), Some(2));
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn map_and_parts_keep_the_context() {
    let item = ID.run(1, || tag_for(HandOver::Task, 5)).map(|five| five + 1);
    assert_eq!((*item.value(), item.snapshot().get(&ID)), (6, Some(1)));
    let (six, snapshot) = item.into_parts();
    let seen = async { id() }.with_snapshot(snapshot);
    assert_eq!((six, futures::executor::block_on(seen)), (6, Some(1)));
}
