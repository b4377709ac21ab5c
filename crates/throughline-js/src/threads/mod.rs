//! What `node:worker_threads` needs of the world: threads with a runtime each, and ports between runtimes.
//!
//! A message is text and bytes (see `js/message_clone.js`): nothing of one engine is ever seen by another, and nothing of a context goes along.

mod port;
mod worker;

pub(crate) use worker::Worker;

use crate::engine;
use crate::event_loop::Request;
use crate::node::Node;
use port::{Message, Port, Received};
use rquickjs::function::{IntoJsFunc, Opt};
use rquickjs::{Ctx, FromJs, Function, IntoJs, Object, Result, TypedArray, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a runtime has of this: its ports and its workers. Dropped with the context, which closes the ones and ends the others.
#[derive(Default)]
struct Threads {
    ports: Mutex<HashMap<u32, Port>>,
    workers: Mutex<HashMap<u32, worker::Handle>>,
}

impl Threads {
    fn ports(&self) -> MutexGuard<'_, HashMap<u32, Port>> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn workers(&self) -> MutexGuard<'_, HashMap<u32, worker::Handle>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, port: Port) -> u32 {
        let number = port.number();
        let former = self.ports().insert(number, port);
        drop(former);
        number
    }
}

/// The functions of `internal.threads`.
pub(crate) fn binding<'js>(ctx: Ctx<'js>) -> Result<Object<'js>> {
    let binding = Binding {
        object: Object::new(ctx)?,
        threads: Arc::default(),
    };
    ports(&binding)?;
    workers(&binding)?;
    Ok(binding.object)
}

struct Binding<'js> {
    object: Object<'js>,
    threads: Arc<Threads>,
}

impl<'js> Binding<'js> {
    fn function<P, F: IntoJsFunc<'js, P> + 'js>(
        &self,
        name: &str,
        make: impl FnOnce(Arc<Threads>) -> F,
    ) -> Result<()> {
        let f = Function::new(self.object.ctx().clone(), make(self.threads.clone()))?;
        self.object.set(name, f)
    }
}

fn ports(binding: &Binding<'_>) -> Result<()> {
    // Two ends of a new channel.
    binding.function("channel", |threads| {
        move || {
            let (one, other) = port::channel();
            vec![threads.keep(one), threads.keep(other)]
        }
    })?;
    // `(port, request)`: who is told.
    binding.function("attach", |threads| {
        move |ctx: Ctx<'_>, port: u32, request: f64| {
            if let Some(port) = threads.ports().get(&port) {
                port.attach(Request::new(&ctx, request).closed_by_script());
            }
        }
    })?;
    // Nobody is, while it is on its way to somebody else.
    binding.function("detach", |threads| {
        move |port: u32| {
            if let Some(port) = threads.ports().get(&port) {
                port.detach();
            }
        }
    })?;
    binding.function("start", |threads| {
        move |port: u32| {
            if let Some(port) = threads.ports().get(&port) {
                port.start();
            }
        }
    })?;
    binding.function("close", |threads| {
        move |port: u32| {
            if let Some(port) = threads.ports().get(&port) {
                port.close();
            }
        }
    })?;
    // `(port, text, buffers, ports)`
    binding.function("post", |threads| {
        move |port: u32, text: String, buffers: Buffers, handed_over: Vec<u32>| {
            let mut ports = threads.ports();
            let handed_over = handed_over
                .iter()
                .filter_map(|number| ports.remove(number))
                .collect();
            let message = Message::new(text, buffers.0, handed_over);
            let unsent = match ports.get(&port) {
                Some(port) => port.post(message),
                None => Some(message),
            };
            drop(ports);
            // Ports in it are closed.
            drop(unsent);
        }
    })?;
    // `(port, isAsked)`: the next message, null at the end, undefined if there is none. Who was only told gets none before it started.
    binding.function("receive", |threads| {
        move |port: u32, is_asked: bool| {
            let received = threads.ports().get(&port).and_then(|port| port.receive(is_asked));
            if let Some(Received::End) = received {
                let ended = threads.ports().remove(&port);
                drop(ended);
            }
            Answer(received, threads.clone())
        }
    })
}

fn workers(binding: &Binding<'_>) -> Result<()> {
    binding.function("spawn", |threads| {
        move |ctx: Ctx<'_>, options: Object<'_>| {
            let handed_over: Vec<u32> = options.get("ports")?;
            let ports = handed_over
                .iter()
                .filter_map(|number| threads.ports().remove(number))
                .collect();
            let buffers: Buffers = options.get("buffers")?;
            let first = Message::new(options.get("text")?, buffers.0, ports);
            let handle = worker::spawn(&ctx, &options, first)?;
            let number = handle.number();
            let mut workers = threads.workers();
            workers.retain(|_, worker| !worker.has_ended());
            workers.insert(number, handle);
            Ok::<_, rquickjs::Error>(number)
        }
    })?;
    binding.function("terminate", |threads| {
        move |worker: u32| {
            if let Some(worker) = threads.workers().get(&worker) {
                worker.terminate();
            }
        }
    })?;
    // What this runtime was started with, if it is a worker's: `{ threadId, name, message }`.
    binding.function("worker", |threads| {
        move |ctx: Ctx<'_>| {
            let node = Node::of(&ctx);
            let first = node
                .as_ref()
                .and_then(|node| node.host().worker.as_ref()?.begin());
            Start(first.map(|(number, name, first)| {
                (
                    number,
                    name,
                    Answer(Some(Received::Message(first)), threads.clone()),
                )
            }))
        }
    })?;
    // `(event, text, buffers)`: to who made this worker.
    binding.function("tell", |_| {
        move |ctx: Ctx<'_>, event: String, text: Opt<Option<String>>, buffers: Opt<Option<Buffers>>| {
            let buffers = buffers.0.flatten().map(|buffers| buffers.0).unwrap_or_default();
            if let Some(worker) = Node::of(&ctx)
                .as_ref()
                .and_then(|node| node.host().worker.as_ref())
            {
                worker.tell(event, text.0.flatten(), buffers);
            }
        }
    })
}

/// Bytes of several arrays.
struct Buffers(Vec<Vec<u8>>);

impl<'js> FromJs<'js> for Buffers {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> Result<Self> {
        let arrays = Vec::<TypedArray<'js, u8>>::from_js(ctx, value)?;
        Ok(Buffers(arrays.iter().map(engine::bytes).collect()))
    }
}

/// What was received, on its way to JavaScript: `[text, buffers, ports]`.
struct Answer(Option<Received>, Arc<Threads>);

impl<'js> IntoJs<'js> for Answer {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let Answer(received, threads) = self;
        match received {
            None => Ok(Value::new_undefined(ctx.clone())),
            Some(Received::End) => Ok(Value::new_null(ctx.clone())),
            Some(Received::Message(message)) => {
                let (text, buffers, ports) = message.into_parts();
                let ports: Vec<u32> = ports.into_iter().map(|port| threads.keep(port)).collect();
                rquickjs::convert::List((text, array_buffers(ctx, buffers)?, ports)).into_js(ctx)
            }
        }
    }
}

fn array_buffers<'js>(ctx: &Ctx<'js>, buffers: Vec<Vec<u8>>) -> Result<Vec<rquickjs::ArrayBuffer<'js>>> {
    let made = buffers
        .into_iter()
        .map(|bytes| rquickjs::ArrayBuffer::new(ctx.clone(), bytes));
    made.collect()
}

/// How a worker begins.
struct Start(Option<(u32, String, Answer)>);

impl<'js> IntoJs<'js> for Start {
    fn into_js(self, ctx: &Ctx<'js>) -> Result<Value<'js>> {
        let Some((number, name, message)) = self.0 else {
            return Ok(Value::new_undefined(ctx.clone()));
        };
        let about = Object::new(ctx.clone())?;
        about.set("threadId", number)?;
        about.set("name", name)?;
        about.set("message", message)?;
        Ok(about.into_value())
    }
}
