//! The loop of a context of rquickjs' `AsyncRuntime`, as a future.

use crate::node::Node;
use crate::turn::Waits;
use futures_timer::Delay;
use rquickjs::AsyncContext;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

/// Drives the loop of a context in which Node's modules are [installed](Node::install): its timers, requests, and the futures it waits for.
///
/// Spawn it beside rquickjs' own [`drive`](rquickjs::AsyncRuntime::drive). It ends when the script ends itself, and never otherwise: abort its task.
///
/// # Cancel safety
/// Dropped, the loop stands still; another call goes on with it.
pub async fn drive(context: AsyncContext) {
    let handle = context.with(|ctx| Node::of(&ctx).map(|node| node.handle())).await;
    let Some(handle) = handle else { return };
    loop {
        let turned = context
            .with(|ctx| {
                let node = Node::of(&ctx)?;
                let waits = node.turn(&ctx);
                (!node.is_ended(&ctx)).then_some(waits)
            })
            .await;
        let until = match turned {
            None => return,
            Some(Waits::No) => Some(Instant::now()),
            Some(Waits::Until(time)) => Some(time),
            Some(Waits::ForHost | Waits::Done) => None,
        };
        let mut delay =
            until.map(|until| Box::pin(Delay::new(until.saturating_duration_since(Instant::now()))));
        let mut woken = pin!(poll_fn(|cx| if handle.register(cx.waker()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }));
        poll_fn(|cx| {
            match (
                woken.as_mut().poll(cx),
                delay.as_mut().map(|delay| delay.as_mut().poll(cx)),
            ) {
                (Poll::Pending, None | Some(Poll::Pending)) => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }
}
