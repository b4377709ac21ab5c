//! `InContext`, as each of the things it can be: `Future`, `Stream`, `Sink`, and the readers and writers of the futures crates
//! and of tokio. What holds of one method has to hold of all, so the tests go through a table of them.

use crate::support::{Log, assert_nothing_left, on_thread, panic_of, poll};
use futures::executor::block_on;
use futures::future::FusedFuture;
use futures::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use futures::stream::FusedStream;
use futures::{FutureExt as _, Sink, SinkExt as _, Stream, StreamExt as _};
use std::future::Future;
use std::io::{Error, IoSlice, IoSliceMut, Result, SeekFrom};
use std::marker::PhantomPinned;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use throughline_core::sink::SinkContextExt;
use throughline_core::stream::StreamContextExt;
use throughline_core::{
    AsyncLocalStorage, FutureContextExt, FutureResourceExt, InContext, futures_io, root_scope, scope_with,
    snapshot, tokio_io,
};
use tokio::io::ReadBuf;

static KEY: AsyncLocalStorage<u32> = AsyncLocalStorage::new();

/// Is everything at once, and does as it is told, the last thing over and over.
struct Device {
    acts: &'static [Act],
    seen: Log<Option<u32>>,
    at_drop: Log<Option<u32>>,
}

#[derive(Clone, Copy)]
enum Act {
    Pend,
    End,
    Panic,
    /// Enters a store, and is pending.
    Enter(u32),
    /// Polls another device in a context of its own, and is ready.
    PollAnother,
}

use Act::{End, Enter, Panic, Pend, PollAnother};

impl Device {
    fn new(acts: &'static [Act]) -> Self {
        Device {
            acts,
            seen: Log::new(),
            at_drop: Log::new(),
        }
    }

    /// What every method does.
    fn act(&mut self) -> Poll<()> {
        self.seen.push(KEY.get_store());
        let act = self.acts[0];
        if self.acts.len() > 1 {
            self.acts = &self.acts[1..];
        }
        match act {
            Pend => Poll::Pending,
            End => Poll::Ready(()),
            Panic => panic!("of the device"),
            Enter(n) => {
                KEY.enter_with(n);
                Poll::Pending
            }
            PollAnother => {
                let before = KEY.get_store();
                for (name, op) in ops() {
                    let other = Device::new(&[Enter(61), End]);
                    let seen = other.seen.clone();
                    let mut other = pin!(KEY.scope(60, other));
                    let _ = call(op, other.as_mut());
                    let _ = call(op, other.as_mut());
                    assert_eq!(seen.take(), [Some(60), Some(61)], "{name}");
                    assert_eq!(KEY.get_store(), before, "{name}");
                }
                Poll::Ready(())
            }
        }
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.at_drop.push(KEY.get_store());
    }
}

impl Future for Device {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        self.act().map(|()| 1)
    }
}

impl FusedFuture for Device {
    fn is_terminated(&self) -> bool {
        matches!(self.acts, [End])
    }
}

impl Stream for Device {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u32>> {
        self.act().map(|()| Some(1))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (3, Some(7))
    }
}

impl FusedStream for Device {
    fn is_terminated(&self) -> bool {
        matches!(self.acts, [End])
    }
}

impl Sink<u32> for Device {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }

    fn start_send(mut self: Pin<&mut Self>, item: u32) -> Result<()> {
        assert_eq!(item, 1);
        let _ = self.act();
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }
}

impl futures::io::AsyncRead for Device {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<Result<usize>> {
        self.act().map(|()| Ok(buf.len()))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<Result<usize>> {
        self.act().map(|()| Ok(100 + bufs.len()))
    }
}

impl futures::io::AsyncBufRead for Device {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<&[u8]>> {
        self.get_mut().act().map(|()| Ok(&b"abc"[..]))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        assert_eq!(amount, 1);
        let _ = self.act();
    }
}

impl futures::io::AsyncWrite for Device {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.act().map(|()| Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.act().map(|()| Ok(100 + bufs.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }
}

impl futures::io::AsyncSeek for Device {
    fn poll_seek(mut self: Pin<&mut Self>, _: &mut Context<'_>, pos: SeekFrom) -> Poll<Result<u64>> {
        assert_eq!(pos, SeekFrom::Start(1));
        self.act().map(|()| Ok(1))
    }
}

impl tokio::io::AsyncRead for Device {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        buf.put_slice(&[7]);
        self.act().map(Ok)
    }
}

impl tokio::io::AsyncBufRead for Device {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<&[u8]>> {
        self.get_mut().act().map(|()| Ok(&b"abc"[..]))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        assert_eq!(amount, 1);
        let _ = self.act();
    }
}

impl tokio::io::AsyncWrite for Device {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.act().map(|()| Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.act().map(|()| Ok(100 + bufs.len()))
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self.acts, [End])
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        self.act().map(Ok)
    }
}

impl tokio::io::AsyncSeek for Device {
    fn start_seek(mut self: Pin<&mut Self>, pos: SeekFrom) -> Result<()> {
        assert_eq!(pos, SeekFrom::Start(1));
        let _ = self.act();
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u64>> {
        self.act().map(|()| Ok(1))
    }
}

trait Everything:
    Future<Output = u32>
    + Stream<Item = u32>
    + Sink<u32, Error = Error>
    + futures::io::AsyncBufRead
    + futures::io::AsyncWrite
    + futures::io::AsyncSeek
    + tokio::io::AsyncBufRead
    + tokio::io::AsyncWrite
    + tokio::io::AsyncSeek
{
}

impl<D> Everything for D where
    D: Future<Output = u32>
        + Stream<Item = u32>
        + Sink<u32, Error = Error>
        + futures::io::AsyncBufRead
        + futures::io::AsyncWrite
        + futures::io::AsyncSeek
        + tokio::io::AsyncBufRead
        + tokio::io::AsyncWrite
        + tokio::io::AsyncSeek
{
}

/// Calls one method. What it answers when it is ready is checked on the way.
type Op<D> = fn(Pin<&mut D>, &mut Context<'_>) -> Poll<()>;

/// Every method there is.
fn ops<D: Everything>() -> [(&'static str, Op<D>); 25] {
    fn is<T: PartialEq + std::fmt::Debug>(poll: Poll<T>, expected: T) -> Poll<()> {
        poll.map(|answer| assert_eq!(answer, expected))
    }
    fn ok<T>(poll: Poll<Result<T>>) -> Poll<T> {
        poll.map(|answer| answer.unwrap())
    }
    [
        ("Future::poll", |d, cx| is(Future::poll(d, cx), 1)),
        ("Stream::poll_next", |d, cx| is(Stream::poll_next(d, cx), Some(1))),
        ("Sink::poll_ready", |d, cx| ok(Sink::poll_ready(d, cx))),
        ("Sink::start_send", |d, _| ok(Poll::Ready(Sink::start_send(d, 1)))),
        ("Sink::poll_flush", |d, cx| ok(Sink::poll_flush(d, cx))),
        ("Sink::poll_close", |d, cx| ok(Sink::poll_close(d, cx))),
        ("futures poll_read", |d, cx| {
            is(ok(futures::io::AsyncRead::poll_read(d, cx, &mut [0; 5])), 5)
        }),
        ("futures poll_read_vectored", |d, cx| {
            let (mut one, mut two) = ([0], [0]);
            let bufs = &mut [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
            is(ok(futures::io::AsyncRead::poll_read_vectored(d, cx, bufs)), 102)
        }),
        ("futures poll_fill_buf", |d, cx| {
            is(ok(futures::io::AsyncBufRead::poll_fill_buf(d, cx)), b"abc")
        }),
        ("futures consume", |d, _| {
            futures::io::AsyncBufRead::consume(d, 1);
            Poll::Ready(())
        }),
        ("futures poll_write", |d, cx| {
            is(ok(futures::io::AsyncWrite::poll_write(d, cx, b"12345")), 5)
        }),
        ("futures poll_write_vectored", |d, cx| {
            is(
                ok(futures::io::AsyncWrite::poll_write_vectored(
                    d,
                    cx,
                    &[IoSlice::new(b"a"), IoSlice::new(b"b")],
                )),
                102,
            )
        }),
        ("futures poll_flush", |d, cx| {
            ok(futures::io::AsyncWrite::poll_flush(d, cx))
        }),
        ("futures poll_close", |d, cx| {
            ok(futures::io::AsyncWrite::poll_close(d, cx))
        }),
        ("futures poll_seek", |d, cx| {
            is(
                ok(futures::io::AsyncSeek::poll_seek(d, cx, SeekFrom::Start(1))),
                1,
            )
        }),
        ("tokio poll_read", |d, cx| {
            let mut memory = [0; 5];
            let mut buf = ReadBuf::new(&mut memory);
            let poll = ok(tokio::io::AsyncRead::poll_read(d, cx, &mut buf));
            assert_eq!(buf.filled(), [7]);
            poll
        }),
        ("tokio poll_fill_buf", |d, cx| {
            is(ok(tokio::io::AsyncBufRead::poll_fill_buf(d, cx)), b"abc")
        }),
        ("tokio consume", |d, _| {
            tokio::io::AsyncBufRead::consume(d, 1);
            Poll::Ready(())
        }),
        ("tokio poll_write", |d, cx| {
            is(ok(tokio::io::AsyncWrite::poll_write(d, cx, b"12345")), 5)
        }),
        ("tokio poll_write_vectored", |d, cx| {
            is(
                ok(tokio::io::AsyncWrite::poll_write_vectored(
                    d,
                    cx,
                    &[IoSlice::new(b"a"), IoSlice::new(b"b")],
                )),
                102,
            )
        }),
        ("tokio poll_flush", |d, cx| {
            ok(tokio::io::AsyncWrite::poll_flush(d, cx))
        }),
        ("tokio poll_shutdown", |d, cx| {
            ok(tokio::io::AsyncWrite::poll_shutdown(d, cx))
        }),
        ("tokio start_seek", |d, _| {
            ok(Poll::Ready(tokio::io::AsyncSeek::start_seek(
                d,
                SeekFrom::Start(1),
            )))
        }),
        ("tokio poll_complete", |d, cx| {
            is(ok(tokio::io::AsyncSeek::poll_complete(d, cx)), 1)
        }),
        // Once more, so that a stream that was asked before is among the last.
        ("Stream::poll_next again", |d, cx| {
            is(Stream::poll_next(d, cx), Some(1))
        }),
    ]
}

fn call<D>(op: Op<D>, device: Pin<&mut D>) -> Poll<()> {
    op(device, &mut Context::from_waker(Waker::noop()))
}

/// The methods that answer at once whatever the device does.
fn cannot_pend(name: &str) -> bool {
    ["start_send", "consume", "start_seek"]
        .iter()
        .any(|n| name.ends_with(n))
}

/// Where this thread has a store of its own, which no method may see or change.
fn elsewhere<R>(f: impl FnOnce() -> R) -> R {
    let result = KEY.run(9, || {
        let result = f();
        assert_eq!(KEY.get_store(), Some(9));
        result
    });
    assert_nothing_left();
    result
}

type Adapted = Pin<Box<InContext<Device>>>;

/// With the logs of what its methods and its destructor saw.
fn in_context(acts: &'static [Act]) -> (Adapted, Log<Option<u32>>, Log<Option<u32>>) {
    let device = Device::new(acts);
    let (seen, at_drop) = (device.seen.clone(), device.at_drop.clone());
    (Box::pin(KEY.run(1, snapshot).scope(device)), seen, at_drop)
}

#[test]
fn ready() {
    for (name, op) in ops() {
        let (mut device, seen, at_drop) = in_context(&[End]);
        assert!(elsewhere(|| call(op, device.as_mut())).is_ready(), "{name}");
        assert_eq!(seen.take(), [Some(1)], "{name}");
        elsewhere(|| drop(device));
        assert_eq!(at_drop.take(), [Some(1)], "{name}");
    }
}

#[test]
fn pending_and_cancelled() {
    for (name, op) in ops() {
        let (mut device, seen, at_drop) = in_context(&[Pend]);
        for _ in 0..2 {
            let poll = elsewhere(|| call(op, device.as_mut()));
            assert_eq!(poll.is_pending(), !cannot_pend(name), "{name}");
        }
        assert_eq!(seen.take(), [Some(1), Some(1)], "{name}");
        assert!(at_drop.take().is_empty(), "{name}");
        elsewhere(|| drop(device));
        assert_eq!(at_drop.take(), [Some(1)], "{name}");
    }
}

#[test]
fn panicking() {
    for (name, op) in ops() {
        let (mut device, seen, at_drop) = in_context(&[Panic, End]);
        let message = elsewhere(|| panic_of(|| call(op, device.as_mut())));
        assert_eq!(message, "of the device", "{name}");
        assert!(at_drop.take().is_empty(), "{name}");
        assert!(elsewhere(|| call(op, device.as_mut())).is_ready(), "{name}");
        assert_eq!(seen.take(), [Some(1), Some(1)], "{name}");
        elsewhere(|| drop(device));
        assert_eq!(at_drop.take(), [Some(1)], "{name}");
    }
}

#[test]
fn re_entrant() {
    for (name, op) in ops() {
        let (mut device, seen, _) = in_context(&[PollAnother]);
        assert!(elsewhere(|| call(op, device.as_mut())).is_ready(), "{name}");
        assert_eq!(seen.take(), [Some(1)]);
    }
}

#[test]
fn nested_the_inner_context_is_seen_inside_and_each_is_left() {
    for (name, op) in ops() {
        let device = Device::new(&[Enter(5), End]);
        let (seen, at_drop) = (device.seen.clone(), device.at_drop.clone());
        let (inner, outer) = (KEY.run(1, snapshot), KEY.run(2, snapshot));
        let mut device = Box::pin(outer.scope(inner.scope(device)));
        let _ = elsewhere(|| call(op, device.as_mut()));
        let _ = elsewhere(|| call(op, device.as_mut()));
        assert_eq!(seen.take(), [Some(1), Some(5)], "{name}");
        elsewhere(|| drop(device));
        assert_eq!(at_drop.take(), [Some(5)], "{name}");
    }
}

/// Each pair of methods: what one enters is there in the other, and when the device is dropped; on other threads, too.
#[test]
fn what_one_method_enters_moves_to_the_next_over_threads() {
    for (first_name, first) in ops() {
        for (second_name, second) in ops() {
            let (mut device, seen, at_drop) = in_context(&[Enter(5), End]);
            let _ = elsewhere(|| call(first, device.as_mut()));
            on_thread(|| {
                let _ = elsewhere(|| call(second, device.as_mut()));
                elsewhere(|| drop(device));
            });
            assert_eq!(seen.take(), [Some(1), Some(5)], "{first_name}, {second_name}");
            assert_eq!(at_drop.take(), [Some(5)], "{first_name}, {second_name}");
        }
    }
}

/// The methods of the other adapters, whose context comes with the first call of any method.
#[test]
fn every_kind_of_adapter_has_every_method() {
    fn check<D: Everything>(make: impl Fn(Device) -> D, expected: Option<u32>) {
        for (name, op) in ops() {
            let device = Device::new(&[Pend]);
            let seen = device.seen.clone();
            let mut device = pin!(make(device));
            let _ = elsewhere(|| call(op, device.as_mut()));
            // Kept from then on.
            let _ = call(op, device.as_mut());
            assert_eq!(seen.take(), [expected; 2], "{name}");
        }
    }
    static OTHER: AsyncLocalStorage<u32> = AsyncLocalStorage::new();
    check(|device| KEY.scope(5, device), Some(5));
    check(|device| KEY.exit_scope(device), None);
    check(|device| OTHER.scope(5, device), Some(9));
    check(|device| scope_with(((&OTHER, 1), (&KEY, 6)), device), Some(6));
    check(root_scope, None);
    check(|device| KEY.run(3, snapshot).scope(device), Some(3));
}

/// `in_context` and `with_snapshot` of every extension trait.
#[test]
fn every_extension_trait_captures_at_the_call() {
    type Make = fn(Device) -> InContext<Device>;
    let traits: [(&str, Make, Make); 7] = [
        ("future", FutureContextExt::in_context, |d| {
            FutureContextExt::with_snapshot(d, KEY.run(2, snapshot))
        }),
        ("stream", StreamContextExt::in_context, |d| {
            StreamContextExt::with_snapshot(d, KEY.run(2, snapshot))
        }),
        ("sink", SinkContextExt::<u32>::in_context, |d| {
            SinkContextExt::<u32>::with_snapshot(d, KEY.run(2, snapshot))
        }),
        (
            "futures reader",
            futures_io::AsyncReadContextExt::in_context,
            |d| futures_io::AsyncReadContextExt::with_snapshot(d, KEY.run(2, snapshot)),
        ),
        (
            "futures writer",
            futures_io::AsyncWriteContextExt::in_context,
            |d| futures_io::AsyncWriteContextExt::with_snapshot(d, KEY.run(2, snapshot)),
        ),
        ("tokio reader", tokio_io::AsyncReadContextExt::in_context, |d| {
            tokio_io::AsyncReadContextExt::with_snapshot(d, KEY.run(2, snapshot))
        }),
        ("tokio writer", tokio_io::AsyncWriteContextExt::in_context, |d| {
            tokio_io::AsyncWriteContextExt::with_snapshot(d, KEY.run(2, snapshot))
        }),
    ];
    for (name, in_context, with_snapshot) in traits {
        for (make, expected) in [(in_context, 1), (with_snapshot, 2)] {
            let device = Device::new(&[End]);
            let seen = device.seen.clone();
            let device = pin!(KEY.run(1, || make(device)));
            let _ = elsewhere(|| poll(device));
            assert_eq!(seen.take(), [Some(expected)], "{name}");
        }
    }
}

mod forwarded {
    use super::*;

    #[test]
    fn what_a_stream_tells_about_itself() {
        let (mut device, ..) = in_context(&[Pend, End]);
        assert_eq!(device.size_hint(), (3, Some(7)));
        assert!(!FusedStream::is_terminated(&*device));
        let _ = device.as_mut().poll_next(&mut Context::from_waker(Waker::noop()));
        assert!(FusedStream::is_terminated(&*device));
    }

    #[test]
    fn whether_a_future_is_terminated() {
        let (mut device, ..) = in_context(&[Pend, End]);
        assert!(!FusedFuture::is_terminated(&*device));
        assert!(poll(device.as_mut()).is_pending());
        assert!(FusedFuture::is_terminated(&*device));
        // And once it is ready there is nothing left to ask.
        let mut future = pin!(futures::future::pending::<()>().map(drop).fuse().in_context());
        assert!(poll(future.as_mut()).is_pending());
        assert!(!future.is_terminated());
        let mut future = pin!(async {}.fuse().in_context());
        assert!(poll(future.as_mut()).is_ready());
        assert!(future.is_terminated());
        // The same in a resource; and one that says so before it was polled.
        let mut future = pin!(async {}.fuse().in_resource("FUSED"));
        assert!(!future.is_terminated());
        assert!(poll(future.as_mut()).is_ready());
        assert!(future.is_terminated());
        assert!(
            futures::future::Fuse::<std::future::Ready<()>>::terminated()
                .in_resource("FUSED")
                .is_terminated()
        );
    }

    #[test]
    fn whether_a_writer_is_vectored() {
        let (mut device, ..) = in_context(&[Pend, End]);
        assert!(!tokio::io::AsyncWrite::is_write_vectored(&*device));
        let _ = poll(device.as_mut());
        assert!(tokio::io::AsyncWrite::is_write_vectored(&*device));
    }

    #[test]
    fn the_output_of_a_future() {
        assert_eq!(block_on(async { 5 }.in_context()), 5);
        assert_eq!(
            block_on(KEY.scope(1, async { Err::<(), _>("error") })),
            Err("error")
        );
    }

    #[test]
    fn the_items_of_a_stream_to_its_end() {
        let stream = KEY.run(1, || {
            futures::stream::iter(0..3)
                .map(|n| (n, KEY.get_store()))
                .in_context()
        });
        let items: Vec<_> = KEY.run(2, || block_on(stream.collect()));
        assert_eq!(items, [(0, Some(1)), (1, Some(1)), (2, Some(1))]);
    }

    /// A stream's context is that of its maker; its consumer's code runs in the consumer's.
    #[test]
    fn what_a_stream_enters_its_consumer_does_not_see() {
        let items = futures::stream::unfold(0, |n| async move {
            let before = KEY.get_store();
            KEY.enter_with(n);
            (n < 3).then_some((before, n + 1))
        });
        let mut items = pin!(KEY.scope(50, items));
        KEY.run(9, || {
            for expected in [50, 0, 1] {
                assert_eq!(block_on(items.next()), Some(Some(expected)));
                assert_eq!(KEY.get_store(), Some(9));
            }
            assert_eq!(block_on(items.next()), None);
        });
    }

    #[test]
    fn the_items_and_errors_of_a_sink() {
        let mut sink = SinkContextExt::<u32>::in_context(Vec::new());
        block_on(async {
            sink.send(1).await.unwrap();
            sink.send(2).await.unwrap();
            sink.close().await.unwrap();
        });
        assert_eq!(sink.into_inner(), Some(vec![1, 2]));
        let (sender, receiver) = futures::channel::mpsc::channel::<u32>(1);
        drop(receiver);
        let mut sink = SinkContextExt::<u32>::in_context(sender);
        assert!(block_on(sink.send(1)).unwrap_err().is_disconnected());
    }

    #[test]
    fn the_bytes_of_the_futures_crates() {
        let cursor = || futures::io::Cursor::new(b"one\ntwo\n".to_vec());
        let mut text = String::new();
        block_on(futures_io::AsyncReadContextExt::in_context(cursor()).read_to_string(&mut text)).unwrap();
        assert_eq!(text, "one\ntwo\n");
        let lines =
            futures::io::AsyncBufReadExt::lines(futures_io::AsyncReadContextExt::in_context(cursor()));
        assert_eq!(
            block_on(lines.map(|l| l.unwrap()).collect::<Vec<_>>()),
            ["one", "two"]
        );
        let mut writer = futures_io::AsyncWriteContextExt::in_context(cursor());
        block_on(async {
            writer.seek(SeekFrom::Start(4)).await.unwrap();
            writer.write_all(b"TWO").await.unwrap();
            writer.close().await.unwrap();
        });
        assert_eq!(writer.into_inner().unwrap().into_inner(), b"one\nTWO\n");
    }

    #[test]
    fn the_bytes_of_tokio() {
        use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
        let cursor = || std::io::Cursor::new(b"one\ntwo\n".to_vec());
        let mut text = String::new();
        block_on(tokio_io::AsyncReadContextExt::in_context(cursor()).read_to_string(&mut text)).unwrap();
        assert_eq!(text, "one\ntwo\n");
        let mut line = String::new();
        block_on(tokio_io::AsyncReadContextExt::in_context(cursor()).read_line(&mut line)).unwrap();
        assert_eq!(line, "one\n");
        let mut writer = tokio_io::AsyncWriteContextExt::in_context(cursor());
        block_on(async {
            assert_eq!(writer.seek(SeekFrom::Start(4)).await.unwrap(), 4);
            writer.write_all(b"TWO").await.unwrap();
            writer.shutdown().await.unwrap();
        });
        assert_eq!(writer.into_inner().unwrap().into_inner(), b"one\nTWO\n");
    }

    #[test]
    fn the_waker() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU32, Ordering};
        struct Wakes(AtomicU32);
        impl std::task::Wake for Wakes {
            fn wake(self: Arc<Self>) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let wakes = Arc::new(Wakes(AtomicU32::new(0)));
        let waker = Waker::from(Arc::clone(&wakes));
        let wakes_itself = std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        });
        let mut future = pin!(KEY.scope(1, wakes_itself.in_context()));
        assert!(
            future
                .as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
    }
}

mod the_inner_value {
    use super::*;

    #[test]
    fn can_be_looked_at() {
        let mut future = KEY.scope(1, futures::future::ready(5));
        assert_eq!(
            future.get_ref().map(|f| format!("{f:?}")),
            Some("Ready(Some(5))".to_owned())
        );
        *future.get_mut().unwrap() = futures::future::ready(6);
        assert!(Pin::new(&mut future).get_pin_mut().is_some());
        assert_eq!(block_on(&mut future), 6);
        assert!(future.get_ref().is_none());
        assert!(future.get_mut().is_none());
        assert!(Pin::new(&mut future).get_pin_mut().is_none());
        assert!(future.into_inner().is_none());
    }

    #[test]
    fn can_be_taken_out() {
        assert_eq!(KEY.scope(1, "value").into_inner(), Some("value"));
        assert_eq!(
            snapshot().scope(String::from("value")).into_inner().as_deref(),
            Some("value")
        );
        // Of an adapter that has been polled, too.
        let mut device = KEY.scope(1, Device::new(&[Pend]));
        assert!(poll(Pin::new(&mut device)).is_pending());
        assert_eq!(device.into_inner().unwrap().seen.take(), [Some(1)]);
    }

    #[test]
    fn is_pinned_with_its_adapter() {
        struct Pinned(u32, PhantomPinned);
        let mut adapter = pin!(KEY.scope(1, Pinned(5, PhantomPinned)));
        let outside = std::ptr::from_ref(adapter.get_ref().unwrap()).addr();
        let inner = adapter.as_mut().get_pin_mut().unwrap();
        assert_eq!((inner.0, std::ptr::from_ref(&*inner).addr()), (5, outside));
    }

    #[test]
    fn is_shown_by_debug() {
        assert_eq!(format!("{:?}", snapshot().scope(5)), "InContext(Some(5))");
    }

    /// Nothing needs `Send`: a future of one thread has a context like any other.
    #[test]
    fn may_be_of_one_thread() {
        let count = Rc::new(std::cell::Cell::new(0));
        let local = {
            let count = Rc::clone(&count);
            async move {
                count.set(KEY.get_store().unwrap());
                count
            }
        };
        assert_eq!(block_on(KEY.scope(5, local)).get(), 5);
        assert_eq!(count.get(), 5);
        let stream = futures::stream::iter([Rc::new(1)]).in_context();
        assert_eq!(block_on(stream.collect::<Vec<_>>()), [Rc::new(1)]);
    }

    /// … and nothing needs `'static`.
    #[test]
    fn may_borrow() {
        let text = String::from("borrowed");
        assert_eq!(block_on(KEY.scope(1, async { text.len() })), 8);
        assert_eq!(block_on(async { &text[..3] }.in_context()), "bor");
    }
}
