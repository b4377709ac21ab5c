//! Sources of stores that tonic's server knows of.

use http::request::Parts;
use std::net::SocketAddr;
use tonic::transport::server::TcpConnectInfo;

/// A source for [`with_some`](throughline::tower::RequestContextLayer::with_some): the address of who is calling, over TCP without TLS.
///
/// # Examples
/// ```
/// use std::net::SocketAddr;
/// use throughline::{AsyncLocalStorage, tower::RequestContextLayer};
/// static PEER: AsyncLocalStorage<SocketAddr> = AsyncLocalStorage::new();
///
/// let layer = RequestContextLayer::new().with_some(&PEER, throughline_tonic::peer());
/// # let _ = tonic::transport::Server::builder().layer(layer);
/// ```
pub fn peer() -> fn(&Parts) -> Option<SocketAddr> {
    |request| request.extensions.get::<TcpConnectInfo>()?.remote_addr()
}
