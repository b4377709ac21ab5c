//! What `node:http` needs of the world: hyper's connections, on a thread of tokio's that belongs to the runtime.
//!
//! JavaScript has numbers for what lives here: a *connection*, a *listener*, and an *exchange*, which is one request and its answer, on either side. What happens
//! comes back as events of the requests that the script opened for them (see [`event_loop`](crate::event_loop)), so in the frames of whoever opened them; the
//! tasks here carry none. All of it ends with the runtime.

mod body;
mod client;
mod exchange;
mod head;
mod listener;
mod server;

use crate::engine;
use crate::event_loop::{Request, values};
use body::Piece;
use bytes::Bytes;
use exchange::Exchanges;
use rquickjs::function::{IntoJsFunc, Opt};
use rquickjs::{Ctx, Exception, Function, Object, Result, TypedArray};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};

/// What is shared by the script's thread and the tasks.
struct Net {
    tasks: Handle,
    last: AtomicU32,
    exchanges: Exchanges,
    listeners: Table<u32, listener::Listener>,
    servers: Table<u32, server::Connection>,
    clients: Table<u32, client::Connection>,
    /// Connections in the making, by the number of their request.
    connecting: Table<u64, tokio::task::AbortHandle>,
}

impl Net {
    fn new_id(&self) -> u32 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// What lives here, by number. Nothing of anybody else runs while it is locked.
struct Table<K, V>(Mutex<HashMap<K, V>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Table(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, key: K, value: V) {
        let former = self.lock().insert(key, value);
        drop(former);
    }

    fn remove(&self, key: &K) -> Option<V> {
        self.lock().remove(key)
    }
}

/// The thread, as long as the script's context lives.
struct Thread {
    runtime: Option<Runtime>,
    net: Arc<Net>,
}

impl Thread {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("throughline-http")
            .enable_all()
            .build()?;
        let net = Arc::new(Net {
            tasks: runtime.handle().clone(),
            last: AtomicU32::new(0),
            exchanges: Exchanges::default(),
            listeners: Table::default(),
            servers: Table::default(),
            clients: Table::default(),
            connecting: Table::default(),
        });
        Ok(Thread {
            runtime: Some(runtime),
            net,
        })
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Not by waiting for it: the context may be dropped on a thread of somebody's tokio.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The functions of `internal.http`; the thread starts with the first call.
pub(crate) fn binding<'js>(ctx: Ctx<'js>) -> Result<Object<'js>> {
    let thread = Thread::start().map_err(|error| Exception::throw_message(&ctx, &error.to_string()))?;
    let binding = Binding {
        object: Object::new(ctx)?,
        thread: Arc::new(thread),
    };
    listening(&binding)?;
    connections(&binding)?;
    messages(&binding)?;
    Ok(binding.object)
}

struct Binding<'js> {
    object: Object<'js>,
    thread: Arc<Thread>,
}

impl<'js> Binding<'js> {
    fn function<P, F: IntoJsFunc<'js, P> + 'js>(
        &self,
        name: &str,
        make: impl FnOnce(Arc<Thread>) -> F,
    ) -> Result<()> {
        let f = Function::new(self.object.ctx().clone(), make(self.thread.clone()))?;
        self.object.set(name, f)
    }
}

fn listening(binding: &Binding<'_>) -> Result<()> {
    // `(request, port, host, headersTimeout, maxHeaderSize)`: a listener, or what stands against it.
    binding.function("listen", |thread| {
        move |ctx: Ctx<'_>, request: f64, port: u16, host: Opt<Option<String>>, timeout: f64, most: usize| {
            let limits = server::Limits {
                headers: (timeout > 0.0).then(|| Duration::from_secs_f64(timeout / 1000.0)),
                header_size: most,
            };
            let request = requested(&ctx, request);
            listener::listen(&thread.net, request, host.0.flatten(), port, limits)
        }
    })?;
    binding.function("unlisten", |thread| {
        move |listener: u32| {
            if let Some(listener) = thread.net.listeners.remove(&listener) {
                listener.close();
            }
        }
    })
}

fn connections(binding: &Binding<'_>) -> Result<()> {
    // `(connection, request)`: begins to read what a client has to say.
    binding.function("serve", |thread| {
        move |ctx: Ctx<'_>, connection: u32, request: f64| {
            server::serve(&thread.net, connection, requested(&ctx, request));
        }
    })?;
    binding.function("lookup", |thread| {
        move |ctx: Ctx<'_>, request: f64, host: String, family: u8| {
            client::look_up(&thread.net, Request::new(&ctx, request), host, family);
        }
    })?;
    // `(dialing, request, addresses, port, localAddress)`
    binding.function("connect", |thread| {
        move |ctx: Ctx<'_>, dialing: f64, request: f64, hosts: Vec<String>, port: u16, local: String| {
            let addresses = hosts
                .iter()
                .filter_map(|host| Some(SocketAddr::new(host.parse().ok()?, port)));
            let (number, dialing) = (dialing as u64, Request::new(&ctx, dialing));
            let to = addresses.collect();
            client::connect(
                &thread.net,
                number,
                dialing,
                requested(&ctx, request),
                to,
                local.parse().ok(),
            );
        }
    })?;
    binding.function("cancelConnect", |thread| {
        move |request: f64| {
            if let Some(task) = thread.net.connecting.remove(&(request as u64)) {
                task.abort();
            }
        }
    })?;
    // It ends at once, whatever is on its way.
    binding.function("destroyConnection", |thread| {
        move |connection: u32| {
            thread.net.servers.remove(&connection);
            thread.net.clients.remove(&connection);
        }
    })?;
    // `(request)`: the loop will come to its end.
    binding.function("tellClosed", |_| {
        |ctx: Ctx<'_>, request: f64| {
            let _ = requested(&ctx, request).emit(|ctx| values!(ctx, "closed"));
        }
    })?;
    // It ends when what is on its way is there.
    binding.function("finishConnection", |thread| {
        move |connection: u32| {
            if let Some(connection) = thread.net.servers.lock().get(&connection) {
                connection.finish();
            }
        }
    })
}

fn messages(binding: &Binding<'_>) -> Result<()> {
    // `(connection, request, head, bytes, isLast, isAwaited)`: sends a request; the answer is the exchange.
    binding.function("request", |thread| {
        move |ctx: Ctx<'_>,
              connection: u32,
              request: f64,
              head: String,
              first: First,
              is_last: bool,
              is_awaited: bool| {
            let request = Arc::new(requested(&ctx, request));
            let first = Piece::new(first.0, is_last, is_awaited, None);
            client::send(&thread.net, connection, request, &head, first)
        }
    })?;
    // `(exchange, head, bytes, isLast, isAwaited)`
    binding.function("respond", |thread| {
        move |exchange: u32, head: String, first: First, is_last: bool, is_awaited: bool| {
            let first = Piece::new(first.0, is_last, is_awaited, None);
            thread.net.exchanges.respond(exchange, &head, first);
        }
    })?;
    // `(exchange, bytes, isLast, isAwaited, trailers)`: more of the body.
    binding.function("write", |thread| {
        move |exchange: u32, bytes: First, is_last: bool, is_awaited: bool, trailers: Opt<Option<String>>| {
            let trailers = trailers.0.flatten().map(|text| head::fields(text.split("\r\n")));
            let piece = Piece::new(bytes.0, is_last, is_awaited, trailers);
            thread.net.exchanges.write(exchange, piece);
        }
    })?;
    // `(exchange)`: asks for more of what the other side sends.
    binding.function("read", |thread| {
        move |exchange: u32| thread.net.exchanges.read(exchange)
    })
}

/// The script closes its requests itself: it tells of the end of a connection after all that happened there.
fn requested(ctx: &Ctx<'_>, number: f64) -> Request {
    Request::new(ctx, number).closed_by_script()
}

/// Bytes that may be missing.
struct First(Option<Bytes>);

impl<'js> rquickjs::FromJs<'js> for First {
    fn from_js(ctx: &Ctx<'js>, value: rquickjs::Value<'js>) -> Result<Self> {
        let array = Option::<TypedArray<'js, u8>>::from_js(ctx, value)?;
        let bytes = array.map(|array| Bytes::from(engine::bytes(&array)));
        Ok(First(bytes))
    }
}
