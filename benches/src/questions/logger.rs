//! Goal 18: the request logger, hyper on one end of a pipe in memory and plain requests on the other. All do the same work: five log lines, three
//! yields, one spawned task. They differ in how the request's id gets there.

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::Future;
use std::hint::black_box;
use std::io::Write as _;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::runtime::Builder;
use tokio::task::{JoinHandle, LocalSet, yield_now};

use crate::Under::Plain;
use crate::peers::{Dcontext, Fastrace, Inherit, OpenTelemetry, Ours, Scopes, Sentry, Tokio, Tracing};
use crate::{Bench, Meter, Op};

pub(super) fn define(bench: &mut Bench) {
    bench.batch(Duration::from_millis(3));
    bench.repeated(20);
    bench.row("a request of the logger", Plain);
    let by_hand = bench.limit("the id handed down as an argument", |m| {
        ask_each(m, |id| handle(ByHand(id)))
    });
    let ours = by::<Ours>(bench);
    by::<Tokio>(bench);
    by::<Inherit>(bench);
    by::<Dcontext>(bench);
    by::<OpenTelemetry>(bench);
    by::<Tracing>(bench);
    by::<Fastrace>(bench);
    by::<Sentry>(bench);
    bench.why(
        "a frame for the request, a read for each line, an enter for each poll, a count for the spawned task",
    );
    let goal = bench.goal(18, "request logger, in process: instructions / by hand");
    goal.instruction_ratio(ours, by_hand)
        .prototype(1.034)
        .at_most(1.05);
}

fn by<P: Scopes>(bench: &mut Bench) -> Op {
    bench.op(P::WHO, |m| {
        P::live(0, &mut || {
            ask_each(m, |id| P::scope(id, handle(In::<P>(PhantomData))))
        });
    })
}

/// How the id gets there.
trait Carries: Copy + Send + Sync + 'static {
    fn id(self) -> u64;
    fn spawn(self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()>;
}

#[derive(Clone, Copy)]
struct ByHand(u64);

impl Carries for ByHand {
    fn id(self) -> u64 {
        self.0
    }
    fn spawn(self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        tokio::spawn(task)
    }
}

struct In<P>(PhantomData<fn() -> P>);

impl<P> Clone for In<P> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<P> Copy for In<P> {}

impl<P: Scopes> Carries for In<P> {
    fn id(self) -> u64 {
        P::read().unwrap()
    }
    fn spawn(self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        tokio::spawn(P::inherit(task))
    }
}

async fn handle(id: impl Carries) -> Response<Full<Bytes>> {
    log(id.id(), "start");
    authorize(id).await;
    log(id.id(), "done");
    Response::new(Full::new(Bytes::from_static(b"hello")))
}

async fn authorize(id: impl Carries) {
    yield_now().await;
    log(id.id(), "auth");
    query(id).await;
}

async fn query(id: impl Carries) {
    yield_now().await;
    log(id.id(), "query");
    let background = id.spawn(async move { log(id.id(), "background") });
    yield_now().await;
    background.await.unwrap();
}

fn log(id: u64, what: &str) {
    thread_local! {
        static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    LINE.with_borrow_mut(|line| {
        line.clear();
        writeln!(line, "[{id}] {what}").unwrap();
        black_box(&line);
    });
}

fn ask_each<F>(m: &mut Meter, handler: impl Fn(u64) -> F + Copy + 'static)
where
    F: Future<Output = Response<Full<Bytes>>> + 'static,
{
    let runtime = Builder::new_current_thread().build().unwrap();
    let tasks = LocalSet::new();
    let (mut client, server) = duplex(4096);
    let serving = tasks.spawn_local(serve(server, handler));
    let mut ask = || tasks.block_on(&runtime, request(&mut client));
    ask();
    m.each(|_| ask());
    drop(client);
    tasks.block_on(&runtime, serving).unwrap();
}

async fn serve<F>(pipe: DuplexStream, handler: impl Fn(u64) -> F + Copy + 'static)
where
    F: Future<Output = Response<Full<Bytes>>> + 'static,
{
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let service = service_fn(move |_: Request<Incoming>| {
        let answer = handler(NEXT.fetch_add(1, Ordering::Relaxed));
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(pipe), service);
    connection.await.unwrap();
}

async fn request(client: &mut DuplexStream) {
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 1024];
    let mut got = 0;
    while !answer[..got].ends_with(b"hello") {
        got += client.read(&mut answer[got..]).await.unwrap();
    }
}
