//! What is started by one request and serves all: a loop over an interval, a pool's worker. They run at root.

use super::{HELD, ID, id};
use std::sync::Arc;
use std::time::Duration;
use throughline::root_scope;
use throughline::tokio::{Tagged, spawn, spawn_detached, tag_for};
use throughline::{HandOver, in_boundary};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::interval;

/// Ticks three times, and tells what is seen then.
async fn ticks() -> Vec<Option<u64>> {
    let mut ticks = interval(Duration::from_secs(1));
    let mut seen = Vec::new();
    for _ in 0..3 {
        ticks.tick().await;
        seen.push(id());
    }
    seen
}

#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn interval_has_the_context_of_the_task_that_awaits_it_which_at_root_is_none() {
    let held = Arc::new(());
    let [inherits, detached, at_root] = HELD.run(Arc::clone(&held), || {
        ID.run(1, || {
            [
                spawn(ticks()),
                spawn_detached(ticks()),
                spawn(root_scope(ticks())),
            ]
        })
    });
    assert_eq!(inherits.await.unwrap(), [Some(1); 3]);
    for task in [detached, at_root] {
        assert_eq!(task.await.unwrap(), [None; 3]);
    }
    assert_eq!(Arc::strong_count(&held), 1);
}

/// An interval itself keeps nothing of where it was made.
#[tokio::test(flavor = "current_thread", start_paused = true)]
async fn interval_that_was_made_by_another_request_brings_nothing_of_it() {
    let mut ticks = ID.run(1, || interval(Duration::from_secs(1)));
    let tick = async {
        ticks.tick().await;
        ticks.tick().await;
        id()
    };
    assert_eq!(ID.scope(2, tick).await, Some(2));
}

type Query = (u64, oneshot::Sender<(Option<u64>, u64)>);

/// The worker of a connection that all share: opened by the first who needs it, detached.
struct Connection {
    queries: mpsc::Sender<Tagged<Query>>,
    worker: JoinHandle<Vec<(Option<u64>, bool)>>,
}

impl Connection {
    fn open() -> Self {
        let (queries, mut received) = mpsc::channel::<Tagged<Query>>(1);
        let worker = spawn_detached(async move {
            let mut between = vec![(id(), in_boundary())];
            while let Some(query) = received.recv().await {
                let answered = query.scope(async |(query, answer)| {
                    // What a callback of the driver enters is of this query alone.
                    let asked_by = id();
                    ID.enter_with(100 + query);
                    tokio::task::yield_now().await;
                    answer.send((asked_by, query * 2)).unwrap();
                });
                answered.await;
                between.push((id(), in_boundary()));
            }
            between
        });
        Connection { queries, worker }
    }

    async fn query(&self, query: u64) -> (Option<u64>, u64) {
        let (answer, answered) = oneshot::channel();
        self.queries
            .send(tag_for(HandOver::Task, (query, answer)))
            .await
            .unwrap();
        answered.await.unwrap()
    }
}

#[tokio::test]
async fn pools_worker_is_at_root_and_works_each_item_off_in_its_senders_context() {
    let held = Arc::new(());
    let connection = HELD.run(Arc::clone(&held), || ID.run(1, Connection::open));
    let connection = Arc::new(connection);
    assert_eq!(
        Arc::strong_count(&held),
        1,
        "the request that opened it has ended"
    );
    for request in 1..=3 {
        let connection = Arc::clone(&connection);
        let asks = async move { (connection.query(request).await, id()) };
        let asked = ID.run(request, || spawn(asks)).await.unwrap();
        assert_eq!(asked, ((Some(request), request * 2), Some(request)));
    }
    let Connection { queries, worker } = Arc::into_inner(connection).unwrap();
    drop(queries);
    assert_eq!(worker.await.unwrap(), [(None, true); 4]);
}
