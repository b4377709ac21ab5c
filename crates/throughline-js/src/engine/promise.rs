//! Promises: how a continuation gets the frame it was written in, on an engine that keeps none.
//!
//! - `then` is ours: its handlers are wrapped in a *reaction*, which is called in the frame of the `then`.
//! - `await p` reads `p.constructor` directly before it attaches to `p`. That property is a getter of ours, which puts a *marker* directly ahead: into the
//!   queue if `p` is settled, else as a reaction of `p`. A marker says for which frame the next job is. No turn is added, so order is kept.
//! - `await 42` makes a promise and resolves it at once: the marker is put into the queue there, and the continuation follows it.
//! - What a thenable (`then` of somebody else) is called in, and calls back to, comes from the frame of the promise it decides.
//!
//! All this begins when a frame is first made, or the program asks for `node:async_hooks`: before that there is but one context, and the engine is as it was.

use super::value::{
    address, called, dup, free, function, is_same_object, natives, number, replace, to_number, truth,
};
use super::{Class, Native, State, new_object, opaque, opaque_of, put, symbol_atom};
use rquickjs::qjs::{self, JSAtom, JSContext, JSRuntime, JSValue};
use std::cell::Cell;
use std::ffi::{c_int, c_void};

/// What promises need of the state.
pub(super) struct Promises {
    /// Frames are in use.
    in_use: Cell<bool>,
    /// A hook that tracks promises is enabled; whether one ever was.
    watched: Cell<bool>,
    ever_watched: Cell<bool>,
    /// The functions in whose place ours are.
    then: Cell<JSValue>,
    resolve: Cell<JSValue>,
    constructor: Cell<JSValue>,
    /// `Promise.prototype`.
    prototype: Cell<JSValue>,
    /// A marker ran: the next job is for the current frame.
    marked: Cell<bool>,
    /// A marker was put into the queue, and perhaps nothing followed it that it is for.
    loose: Cell<bool>,
    /// No `await` reads `constructor` just now.
    quiet: Cell<u32>,
    /// Promises of our own making: nobody is told of them.
    unseen: Cell<u32>,
    /// The promise that was made last, if it may be the one of an `await 42`; and the frame it was made in: an `await` resolves it there and then, so whoever
    /// resolves it in another one is somebody else.
    last_made: Cell<usize>,
    last_made_in: Cell<usize>,
    /// The promise whose thenable is being asked, as long as no `then` of ours was called.
    asking: Cell<usize>,
    /// The frame of a promise that was made in one; that a thenable decides it.
    frame_atom: JSAtom,
    thenable_atom: JSAtom,
    /// A promise of our own, in which nobody is interested.
    unseen_atom: JSAtom,
    /// The JavaScript layer's: a promise was made, …; a reaction runs; an `await` begins; a rejection.
    on_event: Cell<JSValue>,
    on_reaction: Cell<JSValue>,
    on_await: Cell<JSValue>,
    on_end: Cell<JSValue>,
    on_rejection: Cell<JSValue>,
}

/// Kinds of reactions.
const HANDLER: i32 = 0;
/// The engine's own function that decides a promise, called by another promise.
const DECIDES: i32 = 1;
/// No handler there, but a hook wants to know: what was fulfilled, or rejected, goes on.
const PASSES_VALUE: i32 = 2;
const PASSES_ERROR: i32 = 3;
/// Not a reaction: a hook was enabled in one.
const LATE: i32 = 9;

struct Reaction {
    state: *const State,
    handler: JSValue,
    frame: JSValue,
    /// The promise that the handler decides.
    derived: Cell<JSValue>,
    kind: i32,
}

pub(super) const CLASS: Class = Class {
    finalizer: finalize,
    mark,
    call: Some(react),
};

unsafe extern "C" fn finalize(runtime: *mut JSRuntime, object: JSValue) {
    // SAFETY: an object of this class (invariant 4), for the last time; its values are its own (invariant 3).
    unsafe {
        let reaction = opaque::<Reaction>(object);
        if !reaction.is_null() {
            let reaction = Box::from_raw(reaction);
            for value in [reaction.handler, reaction.frame, reaction.derived.get()] {
                qjs::JS_FreeValueRT(runtime, value);
            }
        }
    }
}

unsafe extern "C" fn mark(runtime: *mut JSRuntime, object: JSValue, mark_func: qjs::JS_MarkFunc) {
    // SAFETY: an object of this class (invariant 4).
    unsafe {
        if let Some(reaction) = opaque::<Reaction>(object).as_ref() {
            for value in [reaction.handler, reaction.frame, reaction.derived.get()] {
                super::mark(runtime, value, mark_func);
            }
        }
    }
}

/// A promise calls its handler.
unsafe extern "C" fn react(
    _: *mut JSContext,
    object: JSValue,
    _: JSValue,
    argc: c_int,
    argv: *mut JSValue,
    _: c_int,
) -> JSValue {
    // SAFETY: an object of this class, which the caller keeps; its state is there (invariant 2). The former frame is kept until it is back.
    unsafe {
        let Some(reaction) = opaque::<Reaction>(object).as_ref() else {
            return qjs::JS_UNDEFINED;
        };
        let state = &*reaction.state;
        let is_outside = state.depth.get() == 0;
        let answer = state.bounded_outside(reaction.frame, || react_in_boundary(state, reaction, argc, argv));
        if is_outside {
            state.promise.end_job(state);
        }
        answer
    }
}

/// # Safety
/// As [`react`].
unsafe fn react_in_boundary(state: &State, reaction: &Reaction, argc: c_int, argv: *mut JSValue) -> JSValue {
    // SAFETY: by the contract.
    unsafe {
        let former = dup(state.current.get());
        state.set_current(reaction.frame);
        if reaction.kind == DECIDES {
            // The continuation of an `await` is queued by this very call.
            state.promise.queue_marker(state, reaction.frame);
        }
        let value = if argc > 0 { *argv } else { qjs::JS_UNDEFINED };
        let answer = state.promise.call_reaction(state, reaction, value);
        // What comes of the answer (a rejection nobody handles, say) is the engine's to do, in this job and this context; the end of the job ends it.
        if !state.is_driving.get() {
            state.set_current(former);
        }
        free(state.ctx, former);
        answer
    }
}

/// What the job of a marker does.
unsafe extern "C" fn run_marker(ctx: *mut JSContext, _: c_int, argv: *mut JSValue) -> JSValue {
    // SAFETY: queued with our context and one frame object.
    unsafe {
        let state = &*qjs::JS_GetContextOpaque(ctx).cast::<State>();
        match state.promise.mark_next(state, *argv) {
            Ok(()) => qjs::JS_UNDEFINED,
            Err(()) => qjs::JS_EXCEPTION,
        }
    }
}

/// A microtask that is no promise's.
unsafe extern "C" fn run_function(ctx: *mut JSContext, _: c_int, argv: *mut JSValue) -> JSValue {
    // SAFETY: queued with our context and one function.
    unsafe {
        let state = &*qjs::JS_GetContextOpaque(ctx).cast::<State>();
        state.bounded_outside(state.root.get(), || {
            qjs::JS_Call(ctx, *argv, qjs::JS_UNDEFINED, 0, std::ptr::null_mut())
        })
    }
}

impl Promises {
    /// # Safety
    /// `ctx` is live.
    pub(super) unsafe fn new(ctx: *mut JSContext) -> Self {
        let nothing = || Cell::new(qjs::JS_UNDEFINED);
        // SAFETY: by the contract.
        let atom = |name| unsafe { symbol_atom(ctx, name) };
        Promises {
            in_use: Cell::new(false),
            watched: Cell::new(false),
            ever_watched: Cell::new(false),
            then: nothing(),
            resolve: nothing(),
            constructor: nothing(),
            prototype: nothing(),
            marked: Cell::new(false),
            loose: Cell::new(false),
            quiet: Cell::new(0),
            unseen: Cell::new(0),
            last_made: Cell::new(0),
            last_made_in: Cell::new(0),
            asking: Cell::new(0),
            frame_atom: atom(c"frame"),
            thenable_atom: atom(c"thenable"),
            unseen_atom: atom(c"unseen"),
            on_event: nothing(),
            on_reaction: nothing(),
            on_await: nothing(),
            on_end: nothing(),
            on_rejection: nothing(),
        }
    }

    /// # Safety
    /// Called once, at the end.
    pub(super) unsafe fn free_atoms(&self, runtime: *mut JSRuntime) {
        for atom in [self.frame_atom, self.thenable_atom, self.unseen_atom] {
            // SAFETY: the atoms are ours.
            unsafe { qjs::JS_FreeAtomRT(runtime, atom) };
        }
    }

    pub(super) fn values(&self, each: &mut impl FnMut(JSValue)) {
        for cell in [
            &self.then,
            &self.resolve,
            &self.constructor,
            &self.prototype,
            &self.on_event,
            &self.on_reaction,
            &self.on_await,
            &self.on_end,
            &self.on_rejection,
        ] {
            each(cell.get());
        }
    }

    /// The next job is for `frame`. Where our loop drives, it looks here after each job; where somebody else does, the job is run at once, so
    /// that it has a boundary. Answers whether that threw.
    pub(super) fn mark_next(&self, state: &State, frame: JSValue) -> Result<(), ()> {
        if !state.is_driving.get() {
            // SAFETY: reads what it is.
            let frame = if unsafe { qjs::JS_IsUndefined(frame) } {
                state.root.get()
            } else {
                frame
            };
            let ran = state.run_next(frame).map(drop);
            self.end_job(state);
            return ran;
        }
        // SAFETY: whoever calls owns the frame object.
        unsafe { state.set_current(frame) };
        self.marked.set(true);
        Ok(())
    }

    /// A job has ended that somebody else drove: hooks are told before anybody else runs on this thread.
    fn end_job(&self, state: &State) {
        if self.watched.get() {
            // SAFETY: no arguments.
            unsafe { drop_answer(state, call_layer(state, &self.on_end, &mut [])) };
        }
    }

    pub(super) fn forget_marker(&self) {
        self.marked.set(false);
    }

    pub(super) fn marked(&self) -> bool {
        self.marked.get()
    }

    /// Puts a marker into the queue. Our loop begins a job in the root frame anyhow, so the root needs one only behind a marker whose job may not have followed.
    ///
    /// # Safety
    /// `frame` is a frame object, borrowed.
    unsafe fn queue_marker(&self, state: &State, frame: JSValue) {
        let is_root = address(frame) == address(state.root.get());
        if is_root && state.own_loop.get() && !self.loose.get() {
            return;
        }
        self.loose.set(!is_root);
        let mut frame = frame;
        // SAFETY: the engine counts the argument.
        unsafe { qjs::JS_EnqueueJob(state.ctx, Some(run_marker), 1, &mut frame) };
    }

    /// Frames are in use from now on: puts our functions in place of the engine's, or of whoever replaced these.
    #[inline]
    pub(super) fn begin_use(&self, state: &State) {
        if !self.in_use.get() {
            // SAFETY: this thread holds the runtime.
            unsafe { self.install(state) };
        }
    }

    /// # Safety
    /// This thread holds the runtime.
    #[cold]
    unsafe fn install(&self, state: &State) {
        self.in_use.set(true);
        let ctx = state.ctx;
        // SAFETY: by the contract. What is read is owned, and goes into our cells, or back.
        unsafe {
            let runtime = qjs::JS_GetRuntime(ctx);
            let promise = intrinsic_promise(ctx);
            let prototype = qjs::JS_GetPropertyStr(ctx, promise, c"prototype".as_ptr());
            put(ctx, &self.constructor, dup(promise));
            put(
                ctx,
                &self.then,
                qjs::JS_GetPropertyStr(ctx, prototype, c"then".as_ptr()),
            );
            put(
                ctx,
                &self.resolve,
                qjs::JS_GetPropertyStr(ctx, promise, c"resolve".as_ptr()),
            );
            let flags = (qjs::JS_PROP_CONFIGURABLE | qjs::JS_PROP_WRITABLE) as c_int;
            for (object, native) in [(prototype, &THEN), (promise, &RESOLVE)] {
                let name = qjs::JS_NewAtom(ctx, native.name.as_ptr());
                qjs::JS_DefinePropertyValue(ctx, object, name, function(ctx, native), flags);
                qjs::JS_FreeAtom(ctx, name);
            }
            let name = qjs::JS_NewAtom(ctx, c"constructor".as_ptr());
            let (getter, setter) = (function(ctx, &CONSTRUCTOR), function(ctx, &SET_CONSTRUCTOR));
            let flags = (qjs::JS_PROP_CONFIGURABLE | qjs::JS_PROP_HAS_GET | qjs::JS_PROP_HAS_SET) as c_int;
            qjs::JS_DefinePropertyGetSet(ctx, prototype, name, getter, setter, flags);
            qjs::JS_FreeAtom(ctx, name);
            qjs::JS_SetPromiseHook(
                runtime,
                Some(on_promise),
                std::ptr::from_ref(state).cast_mut().cast(),
            );
            put(ctx, &self.prototype, prototype);
            free(ctx, promise);
        }
    }

    /// Calls a handler; with hooks, the way they want it.
    ///
    /// # Safety
    /// All values are borrowed from the caller.
    unsafe fn call_reaction(&self, state: &State, reaction: &Reaction, value: JSValue) -> JSValue {
        let mut value = value;
        // SAFETY: by the contract; the function is kept by the state, and duplicated while it runs.
        unsafe {
            if self.watched.get() || self.ever_watched.get() {
                let mut args = [
                    reaction.handler,
                    reaction.derived.get(),
                    value,
                    number(f64::from(reaction.kind)),
                ];
                return call_layer(state, &self.on_reaction, &mut args);
            }
            let answer = qjs::JS_Call(state.ctx, reaction.handler, qjs::JS_UNDEFINED, 1, &mut value);
            if self.watched.get() {
                // A hook was enabled inside; it is told of the end of this reaction.
                let late = number(f64::from(LATE));
                let mut args = [qjs::JS_UNDEFINED, reaction.derived.get(), qjs::JS_UNDEFINED, late];
                drop_answer(state, call_layer(state, &self.on_reaction, &mut args));
            }
            answer
        }
    }
}

/// `Promise` itself, whatever the script calls by that name.
///
/// # Safety
/// `ctx` is live.
unsafe fn intrinsic_promise(ctx: *mut JSContext) -> JSValue {
    // SAFETY: by the contract. A new promise's prototype is the intrinsic one; its constructor, unless the script replaced it, `Promise`.
    unsafe {
        let mut functions = [qjs::JS_UNDEFINED; 2];
        let promise = qjs::JS_NewPromiseCapability(ctx, functions.as_mut_ptr());
        functions.into_iter().for_each(|f| free(ctx, f));
        let constructor = qjs::JS_GetPropertyStr(ctx, promise, c"constructor".as_ptr());
        free(ctx, promise);
        constructor
    }
}

/// Calls a function of the JavaScript layer.
///
/// # Safety
/// The arguments are borrowed from the caller.
unsafe fn call_layer(state: &State, cell: &Cell<JSValue>, args: &mut [JSValue]) -> JSValue {
    // SAFETY: the function is kept while it runs.
    unsafe {
        let f = dup(cell.get());
        if qjs::JS_IsUndefined(f) {
            return qjs::JS_UNDEFINED;
        }
        let answer = qjs::JS_Call(
            state.ctx,
            f,
            qjs::JS_UNDEFINED,
            args.len() as c_int,
            args.as_mut_ptr(),
        );
        free(state.ctx, f);
        answer
    }
}

/// An answer nobody waits for. What the layer threw can only be the end of the script, which is noted elsewhere.
///
/// # Safety
/// `value` is the caller's.
unsafe fn drop_answer(state: &State, value: JSValue) {
    // SAFETY: by the contract.
    unsafe {
        if qjs::JS_IsException(value) && state.exit.get().is_none() {
            free(state.ctx, qjs::JS_GetException(state.ctx));
        }
        free(state.ctx, value);
    }
}

const THEN: Native = Native {
    name: c"then",
    length: 2,
    call: then,
};
const RESOLVE: Native = Native {
    name: c"resolve",
    length: 1,
    call: resolve,
};
const CONSTRUCTOR: Native = Native {
    name: c"get constructor",
    length: 0,
    call: constructor,
};
const SET_CONSTRUCTOR: Native = Native {
    name: c"set constructor",
    length: 1,
    call: set_constructor,
};

/// `Promise.prototype.then`.
unsafe extern "C" fn then(ctx: *mut JSContext, this: JSValue, argc: c_int, argv: *mut JSValue) -> JSValue {
    // SAFETY: called by the engine (invariant 1). The wrapped handlers are ours until the engine's `then` has them.
    unsafe {
        called(ctx, this, argc, argv, |state, call| {
            let promises = &state.promise;
            let asking = promises.asking.replace(0);
            let mut args = [call.arg(0), call.arg(1)];
            let mut made = [None; 2];
            if qjs::JS_IsPromise(this) {
                for (i, arg) in args.iter_mut().enumerate() {
                    let is_function = qjs::JS_IsFunction(ctx, *arg);
                    if !is_function && !promises.watched.get() {
                        continue;
                    }
                    let kind = match is_function {
                        true if asking != 0 => DECIDES,
                        true => HANDLER,
                        false => PASSES_VALUE + i as i32,
                    };
                    let reaction = Reaction {
                        state,
                        handler: dup(*arg),
                        frame: dup(state.capture()),
                        derived: Cell::new(qjs::JS_UNDEFINED),
                        kind: if i == 1 && kind == PASSES_VALUE {
                            PASSES_ERROR
                        } else {
                            kind
                        },
                    };
                    *arg = new_object(ctx, state.classes.reaction, reaction);
                    made[i] = Some(*arg);
                }
            }
            promises.quiet.set(promises.quiet.get() + 1);
            let derived = qjs::JS_Call(ctx, promises.then.get(), this, 2, args.as_mut_ptr());
            promises.quiet.set(promises.quiet.get() - 1);
            for object in made.into_iter().flatten() {
                let reaction = opaque_of::<Reaction>(object, state.classes.reaction);
                if let (Some(reaction), false) = (reaction, qjs::JS_IsException(derived)) {
                    reaction.derived.set(dup(derived));
                }
                free(ctx, object);
            }
            promises.asking.set(asking);
            derived
        })
    }
}

/// `Promise.resolve`, which reads `constructor` too.
unsafe extern "C" fn resolve(ctx: *mut JSContext, this: JSValue, argc: c_int, argv: *mut JSValue) -> JSValue {
    // SAFETY: called by the engine (invariant 1).
    unsafe {
        called(ctx, this, argc, argv, |state, call| {
            let promises = &state.promise;
            let mut value = call.arg(0);
            promises.quiet.set(promises.quiet.get() + 1);
            let answer = qjs::JS_Call(ctx, promises.resolve.get(), this, 1, &mut value);
            promises.quiet.set(promises.quiet.get() - 1);
            answer
        })
    }
}

/// The getter of `Promise.prototype.constructor`: an `await` begins, or somebody looks.
unsafe extern "C" fn constructor(
    ctx: *mut JSContext,
    this: JSValue,
    argc: c_int,
    argv: *mut JSValue,
) -> JSValue {
    // SAFETY: called by the engine (invariant 1).
    unsafe {
        called(ctx, this, argc, argv, |state, _| {
            if state.promise.quiet.get() == 0 && qjs::JS_IsPromise(this) {
                awaited(state, this);
            }
            dup(state.promise.constructor.get())
        })
    }
}

/// An `await` of `promise` begins: what the engine attaches next is its continuation.
///
/// # Safety
/// This thread holds the runtime; `promise` is one.
unsafe fn awaited(state: &State, promise: JSValue) {
    let promises = &state.promise;
    // SAFETY: by the contract; the frame is alive while it is current.
    unsafe {
        promises.quiet.set(1);
        if promises.watched.get() {
            drop_answer(state, call_layer(state, &promises.on_await, &mut [promise]));
        } else {
            let frame = state.capture();
            match qjs::JS_PromiseState(state.ctx, promise) {
                qjs::JSPromiseStateEnum_JS_PROMISE_PENDING => attach(state, promise, frame, frame),
                _ => promises.queue_marker(state, frame),
            }
        }
        promises.quiet.set(0);
    }
}

/// Attaches reactions of ours to a promise, without anybody noticing.
///
/// # Safety
/// As [`awaited`]; the functions are borrowed.
unsafe fn attach(state: &State, promise: JSValue, fulfilled: JSValue, rejected: JSValue) {
    let promises = &state.promise;
    promises.unseen.set(promises.unseen.get() + 1);
    // SAFETY: by the contract; the promise that this makes is nobody's.
    unsafe {
        let derived = qjs::JS_PromiseThen(state.ctx, promise, fulfilled, rejected);
        if promises.watched.get() {
            qjs::JS_DefinePropertyValue(state.ctx, derived, promises.unseen_atom, qjs::JS_TRUE, 0);
        }
        free(state.ctx, derived);
    }
    promises.unseen.set(promises.unseen.get() - 1);
}

/// A script that assigns `constructor` of a promise gets a property of its own, as if there was no setter; of the prototype itself, another value, while the
/// getter stays: without it no `await` would be noticed any more.
unsafe extern "C" fn set_constructor(
    ctx: *mut JSContext,
    this: JSValue,
    argc: c_int,
    argv: *mut JSValue,
) -> JSValue {
    // SAFETY: called by the engine (invariant 1).
    unsafe {
        called(ctx, this, argc, argv, |state, call| {
            if is_same_object(this, state.promise.prototype.get()) {
                replace(ctx, &state.promise.constructor, dup(call.arg(0)));
                return qjs::JS_UNDEFINED;
            }
            let name = qjs::JS_NewAtom(ctx, c"constructor".as_ptr());
            let flags = qjs::JS_PROP_C_W_E as c_int;
            qjs::JS_DefinePropertyValue(ctx, this, name, dup(call.arg(0)), flags);
            qjs::JS_FreeAtom(ctx, name);
            qjs::JS_UNDEFINED
        })
    }
}

#[allow(clippy::unnecessary_cast)] // The type is another on other systems.
const MADE: u32 = qjs::JSPromiseHookType_JS_PROMISE_HOOK_INIT as u32;
#[allow(clippy::unnecessary_cast)] // The type is another on other systems.
const BEFORE: u32 = qjs::JSPromiseHookType_JS_PROMISE_HOOK_BEFORE as u32;
#[allow(clippy::unnecessary_cast)] // The type is another on other systems.
const AFTER: u32 = qjs::JSPromiseHookType_JS_PROMISE_HOOK_AFTER as u32;
#[allow(clippy::unnecessary_cast)] // The type is another on other systems.
const FULFILLED: u32 = qjs::JSPromiseHookType_JS_PROMISE_HOOK_RESOLVE as u32;

/// The engine tells of a promise.
unsafe extern "C" fn on_promise(
    ctx: *mut JSContext,
    event: qjs::JSPromiseHookType,
    promise: JSValue,
    parent: JSValue,
    state: *mut c_void,
) {
    // SAFETY: called by the engine (invariant 1) with the state that was given with this function, as long as that is there (invariant 2).
    unsafe {
        let state = &*state.cast::<State>();
        #[allow(clippy::unnecessary_cast)] // As the constants.
        let event = event as u32;
        super::value::guarded(ctx, || {
            told(state, event, promise, parent);
            qjs::JS_UNDEFINED
        });
    }
}

/// # Safety
/// As [`on_promise`].
unsafe fn told(state: &State, event: u32, promise: JSValue, parent: JSValue) {
    let promises = &state.promise;
    // SAFETY: by the contract.
    unsafe {
        if event == MADE {
            if promises.unseen.get() > 0 {
                return;
            }
            if !state.is_at_root() {
                let frame = dup(state.capture());
                let flags = qjs::JS_PROP_WRITABLE as c_int;
                qjs::JS_DefinePropertyValue(state.ctx, promise, promises.frame_atom, frame, flags);
            }
        }
        if event == BEFORE {
            let frame = qjs::JS_GetProperty(state.ctx, promise, promises.frame_atom);
            state.set_current(frame);
            free(state.ctx, frame);
            promises.asking.set(address(promise));
            promises.last_made.set(0);
        }
        if promises.watched.get() {
            tell_hooks(state, event, promise, parent);
        }
        match event {
            MADE => {
                let is_perhaps_of_await = promises.quiet.get() == 0 && qjs::JS_IsUndefined(parent);
                promises
                    .last_made
                    .set(if is_perhaps_of_await { address(promise) } else { 0 });
                promises.last_made_in.set(address(state.current.get()));
            }
            // No `then` of ours was called: a thenable has the functions, and may call them when it likes.
            AFTER if promises.asking.replace(0) != 0 => {
                let flags = qjs::JS_PROP_CONFIGURABLE as c_int;
                qjs::JS_DefinePropertyValue(state.ctx, promise, promises.thenable_atom, qjs::JS_TRUE, flags);
                state.end_outside();
            }
            AFTER => state.end_outside(),
            FULFILLED if promises.unseen.get() == 0 => {
                mark_fulfilled(state, promise);
                forget_frame(state, promise);
            }
            _ => {}
        }
    }
}

/// # Safety
/// As [`told`].
unsafe fn tell_hooks(state: &State, event: u32, promise: JSValue, parent: JSValue) {
    let promises = &state.promise;
    let last_made = promises.last_made.get();
    // SAFETY: by the contract.
    unsafe {
        let mut args = [number(f64::from(event)), promise, parent];
        drop_answer(state, call_layer(state, &promises.on_event, &mut args));
    }
    promises.last_made.set(last_made);
}

/// A promise that came to its value keeps no stores alive.
///
/// # Safety
/// As [`told`].
unsafe fn forget_frame(state: &State, promise: JSValue) {
    let name = state.promise.frame_atom;
    // SAFETY: by the contract; what is read is given back.
    unsafe {
        let frame = qjs::JS_GetProperty(state.ctx, promise, name);
        if !qjs::JS_IsUndefined(frame) {
            qjs::JS_SetProperty(state.ctx, promise, name, qjs::JS_UNDEFINED);
        }
        free(state.ctx, frame);
    }
}

/// A promise was fulfilled, and its continuations are queued next.
///
/// # Safety
/// As [`told`].
unsafe fn mark_fulfilled(state: &State, promise: JSValue) {
    let promises = &state.promise;
    // SAFETY: by the contract; what is read is given back.
    unsafe {
        let is_made_last = promises.last_made.get() == address(promise);
        let is_of_await = is_made_last && promises.last_made_in.get() == address(state.current.get());
        if is_made_last {
            promises.last_made.set(0);
        }
        if is_of_await {
            // Or of an async function that ended at once, which looks the same: a marker too many.
            promises.queue_marker(state, state.capture());
            return;
        }
        let is_asking = promises.asking.get() == address(promise);
        let of_thenable = qjs::JS_GetProperty(state.ctx, promise, promises.thenable_atom);
        if is_asking || truth(of_thenable) {
            let frame = qjs::JS_GetProperty(state.ctx, promise, promises.frame_atom);
            let root = qjs::JS_IsUndefined(frame);
            promises.queue_marker(state, if root { state.root.get() } else { frame });
            free(state.ctx, frame);
        }
    }
}

unsafe extern "C" fn on_rejection(
    ctx: *mut JSContext,
    promise: JSValue,
    reason: JSValue,
    is_handled: bool,
    state: *mut c_void,
) {
    // SAFETY: as `on_promise`.
    unsafe {
        let state = &*state.cast::<State>();
        super::value::guarded(ctx, || {
            let is_handled = if is_handled { qjs::JS_TRUE } else { qjs::JS_FALSE };
            let mut args = [promise, reason, is_handled];
            drop_answer(state, call_layer(state, &state.promise.on_rejection, &mut args));
            qjs::JS_UNDEFINED
        });
    }
}

natives! {
    /// The functions to be told of promises: an event, a reaction, an `await`, the end of a job.
    4 onPromises(state, call) {
        let promises = &state.promise;
        let cells = [&promises.on_event, &promises.on_reaction, &promises.on_await, &promises.on_end];
        for (i, cell) in cells.into_iter().enumerate() {
            replace(state.ctx, cell, dup(call.arg(i)));
        }
        qjs::JS_UNDEFINED
    }
    /// The function to be told of rejections that nobody handles, or handles late.
    1 onRejection(state, call) {
        replace(state.ctx, &state.promise.on_rejection, dup(call.arg(0)));
        let runtime = qjs::JS_GetRuntime(state.ctx);
        let opaque = std::ptr::from_ref(state).cast_mut().cast();
        qjs::JS_SetHostPromiseRejectionTracker(runtime, Some(on_rejection), opaque);
        qjs::JS_UNDEFINED
    }
    /// A hook may be enabled some time: continuations are to be known from now on.
    0 usePromises(state, _call) {
        state.promise.begin_use(state);
        qjs::JS_UNDEFINED
    }
    /// Whether a hook that tracks promises is enabled.
    1 watchPromises(state, call) {
        let watch = truth(call.arg(0));
        if watch {
            state.promise.begin_use(state);
            state.promise.ever_watched.set(true);
        }
        state.promise.watched.set(watch);
        qjs::JS_UNDEFINED
    }
    /// Attaches reactions to a promise that no hook hears of.
    3 attachUnseen(state, call) {
        attach(state, call.arg(0), call.arg(1), call.arg(2));
        qjs::JS_UNDEFINED
    }
    1 isUnseen(state, call) {
        let unseen = qjs::JS_GetProperty(state.ctx, call.arg(0), state.promise.unseen_atom);
        if truth(unseen) { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
    1 isPromise(_state, call) {
        if qjs::JS_IsPromise(call.arg(0)) { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
    /// The state of a promise (0 pending, 1 fulfilled, 2 rejected), and what it came to.
    1 promiseDetails(state, call) {
        if !qjs::JS_IsPromise(call.arg(0)) {
            return qjs::JS_UNDEFINED;
        }
        let details = qjs::JS_NewArray(state.ctx);
        let promise_state = qjs::JS_PromiseState(state.ctx, call.arg(0));
        qjs::JS_SetPropertyUint32(state.ctx, details, 0, number(f64::from(promise_state)));
        let result = qjs::JS_PromiseResult(state.ctx, call.arg(0));
        qjs::JS_SetPropertyUint32(state.ctx, details, 1, result);
        details
    }
    /// A microtask without anything about it.
    1 enqueueMicrotask(state, call) {
        let mut f = call.arg(0);
        qjs::JS_EnqueueJob(state.ctx, Some(run_function), 1, &mut f);
        qjs::JS_UNDEFINED
    }
    0 collectGarbage(state, _call) {
        qjs::JS_RunGC(qjs::JS_GetRuntime(state.ctx));
        qjs::JS_UNDEFINED
    }
    /// `[target, handler]` of a proxy, null both if it was revoked; undefined if it is none.
    1 proxyDetails(state, call) {
        if !qjs::JS_IsProxy(call.arg(0)) {
            return qjs::JS_UNDEFINED;
        }
        let details = qjs::JS_NewArray(state.ctx);
        let parts = [qjs::JS_GetProxyTarget(state.ctx, call.arg(0)), qjs::JS_GetProxyHandler(state.ctx, call.arg(0))];
        for (i, part) in parts.into_iter().enumerate() {
            // Of one that was revoked the engine says so by an exception.
            let is_revoked = qjs::JS_IsException(part);
            if is_revoked {
                free(state.ctx, qjs::JS_GetException(state.ctx));
            }
            qjs::JS_SetPropertyUint32(state.ctx, details, i as u32, if is_revoked { qjs::JS_NULL } else { part });
        }
        details
    }
    /// The next job is for that frame.
    1 markNext(state, call) {
        match state.promise.mark_next(state, call.arg(0)) {
            Ok(()) => qjs::JS_UNDEFINED,
            Err(()) => qjs::JS_EXCEPTION,
        }
    }
    /// Milliseconds as whole numbers, so that equal ones are equal.
    1 truncate(_state, call) {
        number(to_number(call.arg(0)).trunc())
    }
}
