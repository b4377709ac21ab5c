//! Storages of Rust that scripts use too.

use crate::engine::{self, State};
use crate::node::Node;
use rquickjs::function::{Rest, This};
use rquickjs::{Ctx, Error, FromJs, Function, IntoJs, Null, Object, Result, Value};
use std::borrow::Borrow;
use std::rc::Rc;
use throughline_core::host::{frame_with, frame_without};
use throughline_core::{AsyncLocalStorage, Snapshot, Store};

impl Node {
    /// Shares a storage of Rust with the scripts of this context: what is set on one side is read on the other.
    ///
    /// A script gets it as `require('throughline').storage(name)`, and so does the caller: an object like an `AsyncLocalStorage`. A store is
    /// converted each time it is read or set there; `undefined` stands for none. The storage follows the work as on either side: over awaits, timers, spawned
    /// tasks and threads.
    ///
    /// # Errors
    /// If memory does not suffice.
    ///
    /// # Examples
    /// ```
    /// use throughline_core::AsyncLocalStorage;
    /// use throughline_js::Runtime;
    ///
    /// static REQUEST_ID: AsyncLocalStorage<String> = AsyncLocalStorage::new();
    ///
    /// let runtime = Runtime::new()?;
    /// let node = runtime.node();
    /// runtime.with(|ctx| node.share(ctx, "request-id", &REQUEST_ID).map(drop))?;
    /// let seen = REQUEST_ID.run("r-1".to_owned(), || {
    ///     runtime.with(|ctx| {
    ///         let require = node.require_function(ctx)?;
    ///         ctx.globals().set("require", require)?;
    ///         ctx.eval::<String, _>("require('throughline').storage('request-id').getStore()")
    ///     })
    /// })?;
    /// assert_eq!(seen, "r-1");
    /// # Ok::<(), throughline_js::Error>(())
    /// ```
    pub fn share<'js, T, S>(&self, ctx: &Ctx<'js>, name: &str, storage: S) -> Result<Object<'js>>
    where
        T: Store + Clone + for<'a> IntoJs<'a> + for<'a> FromJs<'a>,
        S: Borrow<AsyncLocalStorage<T>> + 'static,
    {
        self.share_with(
            ctx,
            name,
            storage,
            |ctx, store| store.into_js(ctx),
            |ctx, value| T::from_js(ctx, value),
        )
    }

    /// As [`share`](Self::share), with functions that convert. One that sets nothing answers an error.
    ///
    /// # Errors
    /// As [`share`](Self::share).
    pub fn share_with<'js, T, S>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        storage: S,
        to_js: impl for<'a> Fn(&Ctx<'a>, T) -> Result<Value<'a>> + 'static,
        from_js: impl for<'a> Fn(&Ctx<'a>, Value<'a>) -> Result<T> + 'static,
    ) -> Result<Object<'js>>
    where
        T: Store + Clone,
        S: Borrow<AsyncLocalStorage<T>> + 'static,
    {
        let shared = Rc::new(Shared {
            storage,
            to_js,
            from_js,
        });
        let native = Object::new(ctx.clone())?;
        let of = shared.clone();
        native.set("get", Function::new(ctx.clone(), move |ctx| of.get(ctx))?)?;
        let of = shared.clone();
        native.set(
            "set",
            Function::new(ctx.clone(), move |ctx, value| of.set(ctx, value))?,
        )?;
        native.set(
            "run",
            Function::new(ctx.clone(), move |ctx, value, f, rest| {
                shared.run(ctx, value, f, rest)
            })?,
        )?;
        let add: Function<'js> = self.require::<Object<'js>>(ctx, "throughline")?.get("share")?;
        add.call((name, native))
    }
}

struct Shared<S, I, O> {
    storage: S,
    to_js: I,
    from_js: O,
}

impl<S, I, O> Shared<S, I, O> {
    fn get<'js, T>(&self, ctx: Ctx<'js>) -> Result<Value<'js>>
    where
        T: Store + Clone,
        S: Borrow<AsyncLocalStorage<T>>,
        I: for<'a> Fn(&Ctx<'a>, T) -> Result<Value<'a>>,
    {
        match self.storage.borrow().get_store() {
            Some(store) => (self.to_js)(&ctx, store),
            None => Ok(Value::new_undefined(ctx)),
        }
    }

    /// `frame` with that store, or without one.
    fn change<'js, T>(
        &self,
        ctx: &Ctx<'js>,
        value: Value<'js>,
    ) -> Result<impl Fn(&Snapshot) -> Snapshot + use<'_, 'js, T, S, I, O>>
    where
        T: Store + Clone,
        S: Borrow<AsyncLocalStorage<T>>,
        O: for<'a> Fn(&Ctx<'a>, Value<'a>) -> Result<T>,
    {
        let store = if value.is_undefined() {
            None
        } else {
            Some((self.from_js)(ctx, value)?)
        };
        Ok(move |frame: &Snapshot| put(frame, self.storage.borrow(), store.clone()))
    }

    fn set<'js, T>(&self, ctx: Ctx<'js>, value: Value<'js>) -> Result<()>
    where
        T: Store + Clone,
        S: Borrow<AsyncLocalStorage<T>>,
        O: for<'a> Fn(&Ctx<'a>, Value<'a>) -> Result<T>,
    {
        let change = self.change(&ctx, value)?;
        engine::change_rust_half(state(&ctx)?, change);
        Ok(())
    }

    fn run<'js, T>(
        &self,
        ctx: Ctx<'js>,
        value: Value<'js>,
        f: Function<'js>,
        rest: Rest<Value<'js>>,
    ) -> Result<Value<'js>>
    where
        T: Store + Clone,
        S: Borrow<AsyncLocalStorage<T>>,
        O: for<'a> Fn(&Ctx<'a>, Value<'a>) -> Result<T>,
    {
        let change = self.change(&ctx, value)?;
        let state = state(&ctx)?;
        let former = engine::change_rust_half(state, change).get(self.storage.borrow());
        let answer = f.call((This(Null), rest));
        engine::change_rust_half(state, |frame| put(frame, self.storage.borrow(), former.clone()));
        answer
    }
}

fn put<T: Store>(frame: &Snapshot, storage: &AsyncLocalStorage<T>, store: Option<T>) -> Snapshot {
    match store {
        Some(store) => frame_with(frame, storage, store),
        None => frame_without(frame, storage),
    }
}

fn state<'js>(ctx: &Ctx<'js>) -> Result<&'js State> {
    State::of(ctx).ok_or(Error::Unknown)
}
