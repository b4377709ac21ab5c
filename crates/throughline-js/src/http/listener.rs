//! Listening for connections.

use super::{Net, server};
use crate::event_loop::{Request, values};
use rquickjs::convert::List;
use rquickjs::{Ctx, IntoJs, Object, Result, Value};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// A port that is listened on.
pub(super) struct Listener {
    task: AbortHandle,
    /// Disconnected when the socket is closed.
    closed: mpsc::Receiver<()>,
}

impl Listener {
    /// Whoever listens on the port next finds it free.
    pub(super) fn close(self) {
        self.task.abort();
        let _ = self.closed.recv_timeout(Duration::from_secs(1));
    }
}

/// The number of a listener and where it listens, or what stands against it.
pub(super) struct Listening(io::Result<(u32, SocketAddr)>);

impl<'js> IntoJs<'js> for Listening {
    /// `{ listener, address, port }`, or `{ code, errno, text }`
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let about = Object::new(ctx.clone())?;
        match self.0 {
            Ok((number, address)) => {
                about.set("listener", number)?;
                about.set("address", address.ip().to_string())?;
                about.set("port", address.port())?;
            }
            Err(error) => describe(&about, &error)?,
        }
        Ok(about.into_value())
    }
}

pub(super) fn listen(
    net: &Arc<Net>,
    request: Request,
    host: Option<String>,
    port: u16,
    limits: server::Limits,
) -> Listening {
    let bound = bind(net, host.as_deref(), port);
    Listening(bound.map(|(listener, address)| {
        let number = net.new_id();
        let (open, closed) = mpsc::channel();
        let task = net
            .tasks
            .spawn(accept(net.clone(), listener, request, limits, open))
            .abort_handle();
        net.listeners.insert(number, Listener { task, closed });
        (number, address)
    }))
}

fn bind(net: &Net, host: Option<&str>, port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = match host {
        Some(host) => {
            std::net::TcpListener::bind((host, port).to_socket_addrs()?.collect::<Vec<_>>().as_slice())
        }
        // All addresses, of both kinds where the system has both.
        None => std::net::TcpListener::bind(("::", port)).or_else(|error| match error.kind() {
            io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => Err(error),
            _ => std::net::TcpListener::bind(("0.0.0.0", port)),
        }),
    }?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let _entered = net.tasks.enter();
    Ok((TcpListener::from_std(listener)?, address))
}

/// Code, number and text of an error, as Node has them.
pub(super) fn describe(about: &Object<'_>, error: &io::Error) -> Result<()> {
    let (code, errno, text) = words(error);
    about.set("code", code)?;
    about.set("errno", errno)?;
    about.set("text", text)
}

fn words(error: &io::Error) -> (&'static str, i32, &'static str) {
    use io::ErrorKind as Kind;
    let (code, text) = match error.kind() {
        Kind::AddrInUse => ("EADDRINUSE", "address already in use"),
        Kind::AddrNotAvailable => ("EADDRNOTAVAIL", "address not available"),
        Kind::PermissionDenied => ("EACCES", "permission denied"),
        Kind::ConnectionRefused => ("ECONNREFUSED", "connection refused"),
        Kind::ConnectionReset => ("ECONNRESET", "connection reset by peer"),
        Kind::ConnectionAborted => ("ECONNABORTED", "software caused connection abort"),
        Kind::TimedOut => ("ETIMEDOUT", "connection timed out"),
        Kind::HostUnreachable => ("EHOSTUNREACH", "host is unreachable"),
        Kind::NetworkUnreachable => ("ENETUNREACH", "network is unreachable"),
        _ if error.raw_os_error().is_none() => ("ENOTFOUND", "name not found"),
        _ => ("EIO", "input/output error"),
    };
    // Node counts down from 0; a name that is not found has no number of the system's.
    (code, -error.raw_os_error().unwrap_or(3008), text)
}

async fn accept(
    net: Arc<Net>,
    listener: TcpListener,
    request: Request,
    limits: server::Limits,
    open: mpsc::Sender<()>,
) {
    // Dropped in this order: the socket is closed when `open` goes.
    let _open = open;
    let listener = listener;
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                let Ok(local) = stream.local_addr() else { continue };
                let _ = stream.set_nodelay(true);
                let number = net.new_id();
                net.servers
                    .insert(number, server::Connection::new(stream, limits));
                let told = request.emit(move |ctx| values!(ctx, number, addresses(local, remote)));
                if told.is_err() {
                    return;
                }
            }
            // Out of descriptors, perhaps: somebody has to close something first.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Where a connection leads, as the script has it.
pub(super) fn addresses(local: SocketAddr, remote: SocketAddr) -> List<(String, u16, String, u16)> {
    List((
        local.ip().to_string(),
        local.port(),
        remote.ip().to_string(),
        remote.port(),
    ))
}
