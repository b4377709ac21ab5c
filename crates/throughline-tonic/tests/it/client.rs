//! Calls as the client makes them: the interceptor, and what the channel's tasks inherit.

use crate::support::{CALLER, ID, Receiving, call, chat, say, serve};
use hyper_util::rt::TokioExecutor;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use throughline::hyper::ContextExecutor;
use throughline::stream::StreamContextExt as _;
use throughline::{AsyncLocalStorage, snapshot};
use throughline_tonic::ContextInterceptor;
use tokio::sync::mpsc::unbounded_channel;
use tokio_stream::Stream;
use tonic::service::Interceptor as _;
use tonic::service::interceptor::InterceptedService;
use tonic::{Request, metadata::MetadataMap};

static NOTE: AsyncLocalStorage<String> = AsyncLocalStorage::new();

fn outgoing() -> ContextInterceptor {
    ContextInterceptor::new()
        .request_id(&ID)
        .metadata("x-note", &NOTE)
}

fn intercepted(request: Request<()>) -> MetadataMap {
    outgoing().call(request).unwrap().metadata().clone()
}

fn sent_note(note: &str) -> Option<String> {
    let metadata = NOTE.run(note.to_owned(), || intercepted(Request::new(())));
    let note = metadata.get("x-note")?;
    Some(note.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_caller_s_id_reaches_the_server_and_comes_back() {
    let (endpoint, _told) = serve().await;
    let channel = InterceptedService::new(endpoint.connect().await.unwrap(), outgoing());
    for id in ["r-1", "r-2"] {
        let call = say(channel.clone(), call("id", &[]));
        let answer = ID.scope(id.parse().unwrap(), call).await.unwrap();
        assert_eq!(answer.metadata().get("x-request-id").unwrap(), id);
        assert_eq!(answer.into_inner(), id);
    }
}

#[test]
fn what_is_not_set_is_left_out() {
    assert!(intercepted(Request::new(())).is_empty());
}

#[test]
fn what_the_caller_says_holds() {
    let mut request = Request::new(());
    request.metadata_mut().insert("x-note", "own".parse().unwrap());
    let metadata = NOTE.run("ambient".to_owned(), || intercepted(request));
    let notes: Vec<_> = metadata.get_all("x-note").iter().collect();
    assert_eq!(notes, ["own"]);
}

#[test]
fn text_that_metadata_cannot_carry_is_left_out() {
    assert_eq!(sent_note("two words").as_deref(), Some("two words"));
    for bad in ["a\nb", "a\r\nx-admin: yes", "\0", "\u{1b}[31m", "Zoë"] {
        assert_eq!(sent_note(bad), None, "{bad:?}");
    }
}

#[test]
#[should_panic]
fn a_key_that_is_none_is_refused() {
    let _ = ContextInterceptor::new().metadata("x-note-bin", &NOTE);
}

#[test]
fn debug_names_the_keys() {
    assert_eq!(
        format!("{:?}", outgoing()),
        r#"ContextInterceptor ["x-request-id", "x-note"]"#
    );
}

/// Whether a channel's tasks keep what was set where it was made, once that is over.
async fn keeps(executor: ContextExecutor<TokioExecutor>) -> bool {
    static OPENER: AsyncLocalStorage<Arc<()>> = AsyncLocalStorage::new();
    let (endpoint, _told) = serve().await;
    let endpoint = endpoint.executor(executor);
    let opener = Arc::new(());
    let kept = Arc::downgrade(&opener);
    let first = async {
        let channel = endpoint.connect_lazy();
        say(channel.clone(), call("id", &[])).await.unwrap();
        channel
    };
    let channel = OPENER.scope(opener, first).await;
    let is_kept = kept.upgrade().is_some();
    say(channel, call("id", &[])).await.unwrap();
    is_kept
}

#[tokio::test]
async fn a_detached_channel_keeps_nothing_of_the_call_that_opened_it() {
    assert!(!keeps(ContextExecutor::detached(TokioExecutor::new())).await);
}

// Why `current` is not for clients; and that the test above sees a leak where there is one.
#[tokio::test]
async fn a_channel_that_inherits_keeps_the_context_of_the_call_that_opened_it() {
    assert!(keeps(ContextExecutor::current(TokioExecutor::new())).await);
}

/// Notes who is the caller at each poll.
struct Noting<S> {
    stream: S,
    seen: Arc<Mutex<Vec<Option<&'static str>>>>,
}

impl<S: Stream + Unpin> Stream for Noting<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.seen.lock().unwrap().push(CALLER.get_store());
        Pin::new(&mut self.stream).poll_next(cx)
    }
}

#[tokio::test]
async fn a_request_s_stream_keeps_its_context_if_it_has_one() {
    let (endpoint, _told) = serve().await;
    let channel = endpoint.connect().await.unwrap();
    let seen = Arc::default();
    let (send, messages) = unbounded_channel();
    let messages = Noting {
        stream: Receiving(messages),
        seen: Arc::clone(&seen),
    };
    let messages = CALLER.run("ada", || messages.in_context());
    // Called from elsewhere, taken by the connection's task.
    let mut answers = chat(&channel, messages).await;
    for message in ["a", "b"] {
        send.send(message.to_owned()).unwrap();
        answers.message().await.unwrap().unwrap();
    }
    drop((send, answers));
    let seen = seen.lock().unwrap();
    assert!(
        seen.len() > 2 && seen.iter().all(|caller| *caller == Some("ada")),
        "{seen:?}"
    );
    assert!(snapshot().is_empty());
}

#[tokio::test]
async fn answers_are_read_in_the_reader_s_context() {
    let (endpoint, _told) = serve().await;
    let channel = endpoint.connect().await.unwrap();
    let (send, messages) = unbounded_channel();
    let mut answers = chat(&channel, Receiving(messages)).await;
    send.send("a".to_owned()).unwrap();
    let read = CALLER.scope("grace", async {
        answers.message().await.unwrap().unwrap();
        CALLER.get_store()
    });
    assert_eq!(read.await, Some("grace"));
}
