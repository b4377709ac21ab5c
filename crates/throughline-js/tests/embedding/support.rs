//! Runtimes for tests.

use rquickjs::function::IntoJsFunc;
use rquickjs::{FromJs, Function};
use std::io::Write;
use std::sync::{Arc, Mutex};
use throughline_core::AsyncLocalStorage;
use throughline_js::{Options, Runtime, RuntimeBuilder};

pub(crate) static USER: AsyncLocalStorage<String> = AsyncLocalStorage::new();
pub(crate) static TENANT: AsyncLocalStorage<String> = AsyncLocalStorage::new();

/// A runtime in which `require` and an `AsyncLocalStorage` named `als` are global.
pub(crate) fn runtime() -> Runtime {
    prepared(Runtime::builder())
}

pub(crate) fn prepared(builder: RuntimeBuilder) -> Runtime {
    let runtime = builder.build().unwrap();
    runtime
        .with(|ctx| {
            ctx.globals().set("require", runtime.node().require_function(ctx)?)?;
            ctx.eval::<(), _>(
                "globalThis.als = new (require('node:async_hooks').AsyncLocalStorage)(); globalThis.seen = [];",
            )
        })
        .unwrap();
    runtime
}

/// What a script evaluates to.
pub(crate) fn eval<T: for<'js> FromJs<'js>>(runtime: &Runtime, source: &str) -> T {
    runtime.with(|ctx| ctx.eval(source)).unwrap()
}

/// Defines a global function.
pub(crate) fn define<P>(runtime: &Runtime, name: &str, f: impl for<'js> IntoJsFunc<'js, P> + 'static) {
    runtime
        .with(|ctx| ctx.globals().set(name, Function::new(ctx.clone(), f)?))
        .unwrap();
}

/// Where a script writes to.
#[derive(Clone, Default)]
pub(crate) struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(crate) fn options(&self) -> Options {
        Options::new().stdout(self.clone()).stderr(self.clone())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Tells in which context it was dropped.
pub(crate) struct OnDrop(pub(crate) Arc<Mutex<Vec<Option<String>>>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(USER.get_store());
    }
}
