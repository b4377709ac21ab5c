//! A service written by hand, whose messages are text, and its client.

use http::uri::PathAndQuery;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use throughline::AsyncLocalStorage;
use throughline::tower::{Close, RequestContextLayer, RequestHandle, RequestId};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_stream::Stream;
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{BoxFuture, Bytes, StdError};
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};
use tower::Service;

/// The server's storage of the id.
pub(crate) static ID: AsyncLocalStorage<RequestId> = AsyncLocalStorage::new().named("request_id");
/// The server's storage of who is calling.
pub(crate) static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();
/// Never set by the server.
pub(crate) static CALLER: AsyncLocalStorage<&str> = AsyncLocalStorage::new();

pub(crate) fn id() -> String {
    ID.get_store().map_or("-".to_owned(), |id| id.to_string())
}

/// What the server tells of its calls, in its order.
pub(crate) type Told = UnboundedReceiver<String>;

/// A server with the layer.
pub(crate) async fn serve() -> (Endpoint, Told) {
    let (tell, told) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let layer = RequestContextLayer::new()
        .request_id(&ID)
        .with_some(&PEER, throughline_tonic::peer());
    let server = Server::builder().layer(layer).add_service(Text { tell });
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    (format!("http://{address}").parse().unwrap(), told)
}

/// Calls of text to text.
#[derive(Clone)]
struct Text {
    tell: UnboundedSender<String>,
}

impl NamedService for Text {
    const NAME: &'static str = "test.Text";
}

impl Service<http::Request<Body>> for Text {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let tell = self.tell.clone();
        let mut grpc = tonic::server::Grpc::new(TextCodec);
        Box::pin(async move {
            let of_close = tell.clone();
            let on_close = move |close: Close| drop(of_close.send(format!("{close} {}", id())));
            RequestHandle::current().unwrap().on_close(on_close);
            let is_streamed = request.uri().path() == "/test.Text/Stream";
            Ok(match is_streamed {
                true => {
                    let handler = tower::service_fn(move |call| stream(call, tell.clone()));
                    grpc.streaming(handler, request).await
                }
                false => {
                    let handler = tower::service_fn(move |call| unary(call, tell.clone()));
                    grpc.unary(handler, request).await
                }
            })
        })
    }
}

async fn unary(call: Request<String>, tell: UnboundedSender<String>) -> Result<Response<String>, Status> {
    Ok(Response::new(match call.into_inner().as_str() {
        "id" => id(),
        "peer" => PEER.get_store().map_or("-".to_owned(), |peer| peer.to_string()),
        "fail" => return Err(Status::not_found("nobody")),
        "panic" => panic!("on purpose"),
        "wait" => {
            let _dropped = Numbered::new(0, &tell);
            let _ = tell.send(format!("waiting in {}", id()));
            std::future::pending().await
        }
        other => unreachable!("{other}"),
    }))
}

/// Repeats each message with its number and the id, until "stop"; "fail" and "panic" end it otherwise. When no more is said, it waits.
async fn stream(
    call: Request<Streaming<String>>,
    tell: UnboundedSender<String>,
) -> Result<Response<Answers>, Status> {
    Ok(Response::new(Answers {
        messages: call.into_inner(),
        numbered: Numbered::new(0, &tell),
    }))
}

struct Answers {
    messages: Streaming<String>,
    numbered: Numbered,
}

impl Stream for Answers {
    type Item = Result<String, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let message = match ready!(Pin::new(&mut self.messages).poll_next(cx)) {
            Some(Ok(message)) if message == "stop" => return Poll::Ready(None),
            Some(Ok(message)) if message == "fail" => Err(Status::data_loss("broken")),
            Some(Ok(message)) if message == "panic" => panic!("on purpose"),
            None => return Poll::Pending,
            Some(message) => message,
        };
        self.numbered.number += 1;
        let number = self.numbered.number;
        Poll::Ready(Some(
            message.map(|message| format!("{message} {number} {}", id())),
        ))
    }
}

/// Tells where it is dropped.
struct Numbered {
    number: u32,
    tell: UnboundedSender<String>,
}

impl Numbered {
    fn new(number: u32, tell: &UnboundedSender<String>) -> Self {
        Numbered {
            number,
            tell: tell.clone(),
        }
    }
}

impl Drop for Numbered {
    fn drop(&mut self) {
        let _ = self.tell.send(format!("dropped in {}", id()));
    }
}

/// A unary call.
pub(crate) async fn say<S>(service: S, call: Request<String>) -> Result<Response<String>, Status>
where
    S: tonic::client::GrpcService<Body>,
    S::Error: Into<StdError>,
    S::ResponseBody: tonic::codegen::Body<Data = Bytes> + Send + 'static,
    <S::ResponseBody as tonic::codegen::Body>::Error: Into<StdError> + Send,
{
    let mut client = tonic::client::Grpc::new(service);
    client
        .ready()
        .await
        .map_err(|_| Status::unavailable("not ready"))?;
    let path = PathAndQuery::from_static("/test.Text/Say");
    client.unary(call, path, TextCodec).await
}

/// A call of streams both ways, named `r-1` to the server.
pub(crate) async fn chat(
    channel: &Channel,
    messages: impl Stream<Item = String> + Send + 'static,
) -> Streaming<String> {
    chat_as("r-1", channel, messages).await
}

/// The same, named so.
pub(crate) async fn chat_as(
    id: &str,
    channel: &Channel,
    messages: impl Stream<Item = String> + Send + 'static,
) -> Streaming<String> {
    let mut client = tonic::client::Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let mut call = Request::new(messages);
    call.metadata_mut().insert("x-request-id", id.parse().unwrap());
    let path = PathAndQuery::from_static("/test.Text/Stream");
    client
        .streaming(call, path, TextCodec)
        .await
        .unwrap()
        .into_inner()
}

/// A call with that metadata.
pub(crate) fn call(text: &str, metadata: &[(&'static str, &str)]) -> Request<String> {
    let mut call = Request::new(text.to_owned());
    for (key, value) in metadata {
        call.metadata_mut().append(*key, value.parse().unwrap());
    }
    call
}

/// Messages are text as it is.
#[derive(Clone, Copy)]
pub(crate) struct TextCodec;

impl Codec for TextCodec {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for TextCodec {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, text: String, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes::BufMut::put_slice(to, text.as_bytes());
        Ok(())
    }
}

impl Decoder for TextCodec {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let length = bytes::Buf::remaining(from);
        let bytes = bytes::Buf::copy_to_bytes(from, length);
        Ok(Some(String::from_utf8(bytes.into()).unwrap()))
    }
}

/// A stream of what is sent until the sender is gone.
pub(crate) struct Receiving(pub(crate) UnboundedReceiver<String>);

impl Stream for Receiving {
    type Item = String;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<String>> {
        self.0.poll_recv(cx)
    }
}
