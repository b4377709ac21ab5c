//! The engine: QuickJS-NG as rquickjs ships it. All unsafe code of the crate is in this module and its children.
//!
//! A *frame object* is the engine's half of a frame: the stores of JavaScript's storages as values the engine's collector sees, and beside them the
//! frame of the core with what Rust set. Which one is current is kept in [`State`]; the core's current frame moves with it.
//!
//! # Invariants
//!
//! 1. **Who calls.** The `extern "C"` functions here are called by the engine alone, on the thread that holds the runtime, with a live context and as many
//!    arguments as they are told. An argument is borrowed for the call; what is kept is duplicated first, what is answered is the caller's.
//! 2. **The state** of a face is a box owned by its *holder*, an object that the global object refers to. It is freed by the holder's finalizer, so when the
//!    context goes; what is called after that are finalizers, which do not look at it. It is only ever borrowed shared; its fields are cells, and no borrow
//!    of one is held while the engine runs, since the engine may come back.
//! 3. **Traced.** Each value that the state or an object of our classes owns is reported once by its `gc_mark`, and given back once: by whoever replaces it, or
//!    by the finalizer. So the collector finds cycles through stores, promises and frames, and a runtime can be dropped at any time.
//! 4. **Classes.** The opaque pointer of an object is read with the class id it was made with, which no other class of that runtime has. It is set directly after the
//!    object is made, before anybody else sees it, and freed by the finalizer.
//! 5. **In step.** While JavaScript runs in a boundary of ours, the core's current frame is the Rust half of the current frame object. Who changes one, changes both
//!    ([`State::set_current`]); who leaves a boundary puts back the object that was current before it.
//! 6. **Roots.** A slot of `roots` is filled when a [`Root`] with its number is made, and emptied after that has been dropped, once.

#![allow(unsafe_code)] // See above: this is the one module.

mod frame;
mod hooks;
mod promise;
mod storage;
mod value;

pub(crate) use hooks::with_resource;

use crate::foreign::{Dropped, Root};
use crate::node::Node;
use frame::RustHalf;
use rquickjs::qjs::{self, JSAtom, JSClassDef, JSClassID, JSContext, JSRuntime, JSValue};
use rquickjs::{Ctx, Object, Value};
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_void};
use std::ptr;
use std::rc::Rc;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use throughline_core::{AsyncLocalStorage, Snapshot, host, snapshot};
use value::{Native, dup, free, function, mark, replace};

/// What the face keeps for a context.
pub(crate) struct State {
    ctx: *mut JSContext,
    classes: Classes,
    /// The frame object in force.
    current: Cell<JSValue>,
    /// The one in which nothing is set.
    root: Cell<JSValue>,
    /// One to be used again by who enters from Rust.
    spare: Cell<JSValue>,
    /// The Rust half of `root`.
    empty: Rc<RustHalf>,
    promise: promise::Promises,
    hooks: hooks::HookState,
    /// Frame objects that Rust holds.
    roots: RefCell<Vec<Option<JSValue>>>,
    free_slots: RefCell<Vec<usize>>,
    dropped: Arc<Dropped>,
    /// What carries a frame object through Rust: set where JavaScript calls Rust, in the frame that Rust runs in, and there alone.
    carried: AsyncLocalStorage<Arc<Root>>,
    /// How many boundaries of ours are open on this runtime. With none, whoever calls has one of their own, which is not ours to change.
    depth: Cell<u32>,
    /// Our loop is the one that runs the next job, and looks for a marker after it.
    is_driving: Cell<bool>,
    /// What stands for one there, where a frame is set nevertheless: see [`State::set_outside`].
    visit: RefCell<Option<(ThreadId, host::Visit)>>,
    /// Who drives the jobs: our loop, which begins each in the root frame, or somebody else's.
    own_loop: Cell<bool>,
    /// The script asked to end; nothing of it runs any more.
    exit: Cell<Option<i32>>,
    /// What the JavaScript layer shares with the host.
    layer: Cell<JSValue>,
    node: RefCell<Option<Node>>,
}

#[derive(Clone, Copy)]
struct Classes {
    frame: JSClassID,
    reaction: JSClassID,
    storage: JSClassID,
    holder: JSClassID,
}

/// Storages of all runtimes are numbered alike, so that one is never taken for another's.
static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// The engine has one promise hook for all contexts of a runtime, so one of these has a face: which runtimes have, by their addresses.
static FACES: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn faces() -> MutexGuard<'static, Vec<usize>> {
    FACES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes a face for a context: the object whose functions `js/` is written on. Answers none where its runtime has one already.
pub(crate) fn attach<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Option<Object<'js>>> {
    let raw = ctx.as_raw().as_ptr();
    // SAFETY: `ctx` is a live context, whose lock its `Ctx` proves. What is put into the state is owned by it (invariant 3), and the state by the
    // holder (invariant 2). Nobody else sets the opaque pointer of a context: rquickjs uses that of the runtime.
    unsafe {
        let runtime = qjs::JS_GetRuntime(raw) as usize;
        if !qjs::JS_GetContextOpaque(raw).is_null() || faces().contains(&runtime) {
            return Ok(None);
        }
        faces().push(runtime);
        let classes = Classes {
            frame: new_class(raw, c"AsyncContextFrame", &frame::CLASS),
            reaction: new_class(raw, c"PromiseReaction", &promise::CLASS),
            storage: new_class(raw, c"AsyncLocalStorage", &storage::CLASS),
            holder: new_class(raw, c"Throughline", &HOLDER),
        };
        let holder = qjs::JS_NewObjectClass(raw, classes.holder);
        let empty = Rc::new(RustHalf::new(Snapshot::empty()));
        let state: *const State = Box::into_raw(Box::new(State {
            ctx: raw,
            classes,
            current: Cell::new(qjs::JS_UNDEFINED),
            root: Cell::new(qjs::JS_UNDEFINED),
            spare: Cell::new(qjs::JS_UNDEFINED),
            empty: empty.clone(),
            promise: promise::Promises::new(raw),
            hooks: hooks::HookState::new(),
            roots: RefCell::default(),
            free_slots: RefCell::default(),
            dropped: Arc::default(),
            carried: AsyncLocalStorage::new().named("JavaScript"),
            depth: Cell::new(0),
            is_driving: Cell::new(false),
            visit: RefCell::default(),
            own_loop: Cell::new(false),
            exit: Cell::new(None),
            layer: Cell::new(qjs::JS_UNDEFINED),
            node: RefCell::default(),
        }));
        qjs::JS_SetOpaque(holder, state.cast_mut().cast());
        let state = &*state;
        qjs::JS_SetContextOpaque(raw, ptr::from_ref(state).cast_mut().cast());
        state.root.set(frame::new(state, empty, frame::Entries::new()));
        state.current.set(dup(state.root.get()));

        let global = ctx.globals();
        let name = symbol_atom(raw, c"throughline");
        qjs::JS_DefinePropertyValue(raw, global.as_raw(), name, holder, 0);
        qjs::JS_FreeAtom(raw, name);

        let binding = Object::new(ctx.clone())?;
        let all: [&[Native]; 4] = [frame::NATIVES, storage::NATIVES, promise::NATIVES, hooks::NATIVES];
        for native in all.into_iter().flatten() {
            let name = native.name.to_str().unwrap_or_default();
            let f = Value::from_raw(ctx.clone(), function(raw, native));
            binding.set(name, f)?;
        }
        Ok(Some(binding))
    }
}

/// # Safety
/// `ctx` is live.
unsafe fn new_class(ctx: *mut JSContext, name: &CStr, class: &Class) -> JSClassID {
    // SAFETY: the engine copies the definition and its name.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx);
        let mut id = 0;
        qjs::JS_NewClassID(runtime, &mut id);
        let definition = JSClassDef {
            class_name: name.as_ptr(),
            finalizer: Some(class.finalizer),
            gc_mark: Some(class.mark),
            call: class.call,
            exotic: ptr::null_mut(),
        };
        qjs::JS_NewClass(runtime, id, &definition);
        id
    }
}

type ClassCall =
    unsafe extern "C" fn(*mut JSContext, JSValue, JSValue, qjs::c_int, *mut JSValue, qjs::c_int) -> JSValue;

/// What a class of the engine is made of.
struct Class {
    finalizer: unsafe extern "C" fn(*mut JSRuntime, JSValue),
    mark: unsafe extern "C" fn(*mut JSRuntime, JSValue, qjs::JS_MarkFunc),
    call: Option<ClassCall>,
}

const HOLDER: Class = Class {
    finalizer: finalize_holder,
    mark: mark_holder,
    call: None,
};

unsafe extern "C" fn mark_holder(runtime: *mut JSRuntime, object: JSValue, mark_func: qjs::JS_MarkFunc) {
    // SAFETY: the engine calls with an object of the class (invariant 4); its state is there until it is finalized.
    unsafe {
        let mut class = 0;
        let state = qjs::JS_GetAnyOpaque(object, &mut class).cast::<State>();
        if let Some(state) = state.as_ref() {
            state.values(|value| mark(runtime, value, mark_func));
        }
    }
}

unsafe extern "C" fn finalize_holder(runtime: *mut JSRuntime, object: JSValue) {
    // SAFETY: as `mark_holder`; the state was made from a box, and is freed here once. The hooks that know of it go with it.
    unsafe {
        let mut class = 0;
        let state = qjs::JS_GetAnyOpaque(object, &mut class).cast::<State>();
        if state.is_null() {
            return;
        }
        faces().retain(|&other| other != runtime as usize);
        qjs::JS_SetPromiseHook(runtime, None, ptr::null_mut());
        qjs::JS_SetHostPromiseRejectionTracker(runtime, None, ptr::null_mut());
        let state = Box::from_raw(state);
        state.promise.free_atoms(runtime);
        state.values(|value| qjs::JS_FreeValueRT(runtime, value));
        // What Rust keeps for it (snapshots, hooks) is user code's to drop.
        throughline_core::__private::isolate(|| "the end of a JavaScript runtime".to_owned(), || drop(state));
    }
}

/// An atom of a symbol that nobody else has.
///
/// # Safety
/// `ctx` is live.
unsafe fn symbol_atom(ctx: *mut JSContext, name: &CStr) -> JSAtom {
    // SAFETY: by the contract.
    unsafe {
        let symbol = qjs::JS_NewSymbol(ctx, name.as_ptr(), false);
        let atom = qjs::JS_ValueToAtom(ctx, symbol);
        qjs::JS_FreeValue(ctx, symbol);
        atom
    }
}

impl State {
    /// The state of a context, if it has a face.
    pub(crate) fn of<'js>(ctx: &Ctx<'js>) -> Option<&'js State> {
        // SAFETY: the context is live for `'js`, and with it the state (invariant 2).
        unsafe {
            qjs::JS_GetContextOpaque(ctx.as_raw().as_ptr())
                .cast::<State>()
                .as_ref()
        }
    }

    /// The values it owns.
    fn values(&self, mut each: impl FnMut(JSValue)) {
        each(self.current.get());
        each(self.root.get());
        each(self.layer.get());
        each(self.spare.get());
        self.promise.values(&mut each);
        self.hooks.values(&mut each);
        // Taken out meanwhile: to give a value back may run finalizers, though none of ours looks here.
        let roots = self.roots.take();
        roots.iter().flatten().for_each(|&value| each(value));
        self.roots.replace(roots);
    }

    pub(crate) fn set_node(&self, node: Node) {
        self.node.replace(Some(node));
    }

    pub(crate) fn node(&self) -> Option<Node> {
        self.node.borrow().clone()
    }

    /// Keeps what the JavaScript layer shares with the host.
    pub(crate) fn set_layer(&self, layer: &Value<'_>) {
        // SAFETY: the reference becomes the cell's.
        unsafe { put(self.ctx, &self.layer, dup(layer.as_raw())) };
    }

    /// What the JavaScript layer shares with the host.
    pub(crate) fn layer<'js>(&self, ctx: &Ctx<'js>) -> Value<'js> {
        // SAFETY: the state is that of the context; the reference becomes the value's.
        unsafe { Value::from_raw(ctx.clone(), dup(self.layer.get())) }
    }

    /// Our loop drives the jobs from now on, and begins each of them in the root frame.
    pub(crate) fn drives_itself(&self) {
        self.own_loop.set(true);
    }

    pub(crate) fn is_driven_by_us(&self) -> bool {
        self.own_loop.get()
    }

    /// The status the script asked to end with.
    pub(crate) fn exit_status(&self) -> Option<i32> {
        self.exit.get()
    }

    /// Frees the frame objects that Rust let go of.
    #[inline]
    fn free_dropped(&self) {
        if self.dropped.any() {
            self.empty_dropped_slots();
        }
    }

    #[cold]
    fn empty_dropped_slots(&self) {
        for slot in self.dropped.take() {
            let value = self.roots.borrow_mut()[slot].take();
            self.free_slots.borrow_mut().push(slot);
            if let Some(value) = value {
                // SAFETY: the slot owned it (invariant 6), and nothing is borrowed here (invariant 2).
                unsafe { free(self.ctx, value) };
            }
        }
    }

    /// How many frame objects Rust holds.
    pub(crate) fn roots(&self) -> usize {
        self.free_dropped();
        self.roots.borrow().iter().flatten().count()
    }

    /// Runs one job, in a boundary of its own and the root frame. Answers whether there was one; what it threw is left in the context.
    pub(crate) fn run_job(&self) -> Result<bool, ()> {
        self.free_dropped();
        self.run_next(self.root.get())
    }

    /// Runs `f` in a boundary in which jobs are run by our loop, or by whoever `f` asks to.
    fn driving<R>(&self, is_driving: bool, frame: JSValue, f: impl FnOnce() -> R) -> R {
        /// Also if `f` panics.
        struct PutBack<'a>(&'a Cell<bool>, bool);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let _put_back = PutBack(&self.is_driving, self.is_driving.replace(is_driving));
        self.bounded(frame, f)
    }

    /// Runs the next job in a boundary and frame of its own: that frame, or what a marker ahead of the job says.
    fn run_next(&self, frame: JSValue) -> Result<bool, ()> {
        // SAFETY: the context is live (invariant 2), and this thread holds its runtime.
        let runtime = unsafe { qjs::JS_GetRuntime(self.ctx) };
        self.driving(true, frame, || {
            loop {
                self.promise.forget_marker();
                let mut ctx = ptr::null_mut();
                // SAFETY: as above.
                match unsafe { qjs::JS_ExecutePendingJob(runtime, &mut ctx) } {
                    0 => return Ok(false),
                    // A marker says for which frame the next job is.
                    1 if self.promise.marked() => {}
                    1 => return Ok(true),
                    _ => return Err(()),
                }
            }
        })
    }
}

/// Enters JavaScript from Rust: runs `f` with the frame that is current in Rust, all of it, in a boundary.
pub(crate) fn enter<R>(state: &State, f: impl FnOnce() -> R) -> R {
    state.free_dropped();
    let captured = snapshot();
    if captured.is_empty() {
        return state.driving(false, state.root.get(), f);
    }
    let carried = captured.get(&state.carried);
    state.promise.begin_use(state);
    // SAFETY: this thread holds the runtime. The object is ours until the end; `bounded` keeps what it needs.
    unsafe {
        let object = match carried {
            None => frame::for_rust(state, captured),
            Some(root) => {
                let rooted = state.roots.borrow()[root.slot()].unwrap_or(state.root.get());
                let half = RustHalf::new(host::frame_without(&captured, &state.carried));
                frame::with_rust_half(state, rooted, Rc::new(half))
            }
        };
        let answer = state.driving(false, object, f);
        frame::give_back(state, object);
        answer
    }
}

/// Enters JavaScript with nothing set, in a boundary.
pub(crate) fn at_root<R>(state: &State, f: impl FnOnce() -> R) -> R {
    state.free_dropped();
    state.driving(false, state.root.get(), f)
}

/// Makes current what `change` makes of what Rust has set, with the stores of JavaScript as they are; answers what Rust had set before.
pub(crate) fn change_rust_half(state: &State, change: impl FnOnce(&Snapshot) -> Snapshot) -> Snapshot {
    state.promise.begin_use(state);
    // SAFETY: this thread holds the runtime, since JavaScript calls. The object is current when we let go of it.
    unsafe {
        let current = state.current.get();
        let Some(former) = frame::rust_half(state, current) else {
            return Snapshot::empty();
        };
        let changed = change(&former);
        let object = frame::with_rust_half(state, current, Rc::new(RustHalf::new(changed)));
        state.set_current(object);
        free(state.ctx, object);
        former
    }
}

/// The exception that ends the script, which it cannot catch.
pub(crate) fn throw_end(ctx: &Ctx<'_>) -> rquickjs::Error {
    if let Some(state) = State::of(ctx) {
        state.throw_end();
    }
    rquickjs::Error::Exception
}

/// The bytes that the engine has taken.
pub(crate) fn memory_in_use(ctx: &Ctx<'_>) -> usize {
    let mut usage = std::mem::MaybeUninit::uninit();
    // SAFETY: the runtime is live, and fills the whole.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_ComputeMemoryUsage(runtime, usage.as_mut_ptr());
        usage.assume_init().malloc_size.max(0) as usize
    }
}

/// Runs a script whose first line has that number.
pub(crate) fn eval_from_line<'js>(
    ctx: &Ctx<'js>,
    source: String,
    file: &str,
    line: i32,
) -> rquickjs::Result<Value<'js>> {
    let file = std::ffi::CString::new(file)?;
    // The engine wants a zero byte behind the text, and takes others in it.
    let mut source = source.into_bytes();
    source.push(0);
    let mut options = qjs::JSEvalOptions {
        version: 1,
        eval_flags: qjs::JS_EVAL_TYPE_GLOBAL as std::ffi::c_int,
        filename: file.as_ptr(),
        line_num: line,
    };
    // SAFETY: the context is live, and the texts as long as the call; the answer is ours.
    unsafe {
        let raw = ctx.as_raw().as_ptr();
        let answer = qjs::JS_Eval2(raw, source.as_ptr().cast(), (source.len() - 1) as _, &mut options);
        if qjs::JS_IsException(answer) {
            return Err(rquickjs::Error::Exception);
        }
        Ok(Value::from_raw(ctx.clone(), answer))
    }
}

/// A copy of what an array of bytes holds.
pub(crate) fn bytes(array: &rquickjs::TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: nothing runs in the engine while the bytes are copied.
    unsafe { array.as_bytes() }.unwrap_or_default().to_vec()
}

/// What `f` makes of a part of an array's bytes.
pub(crate) fn with_bytes<R>(
    array: &rquickjs::TypedArray<'_, u8>,
    part: std::ops::Range<usize>,
    f: fn(&[u8]) -> R,
) -> R {
    // SAFETY: `f` captures nothing, so it cannot reach the engine, which could move the bytes.
    let bytes = unsafe { array.as_bytes() }.unwrap_or_default();
    f(bytes.get(part).unwrap_or_default())
}

/// Enters Rust from JavaScript: runs `f` so that what it captures has the stores of JavaScript too.
pub(crate) fn cross<R>(state: &State, f: impl FnOnce() -> R) -> R {
    match frame::carried(state) {
        None => throughline_core::boundary(f),
        Some(whole) => whole.run(f),
    }
}

/// For finalizers and marks: the box behind an object of one of our classes.
///
/// # Safety
/// `T` is what the class of `object` keeps (invariant 4).
unsafe fn opaque<T>(object: JSValue) -> *mut T {
    let mut class = 0;
    // SAFETY: reads what was set; null if nothing was.
    unsafe { qjs::JS_GetAnyOpaque(object, &mut class).cast::<T>() }
}

/// # Safety
/// `class` is the class that keeps a `T`.
unsafe fn opaque_of<'a, T>(object: JSValue, class: JSClassID) -> Option<&'a T> {
    // SAFETY: null for other classes (invariant 4). The caller's object keeps the box alive.
    unsafe { qjs::JS_GetOpaque(object, class).cast::<T>().as_ref() }
}

/// # Safety
/// `class` keeps a `T`, and `ctx` is live.
unsafe fn new_object<T>(ctx: *mut JSContext, class: JSClassID, content: T) -> JSValue {
    // SAFETY: as invariant 4 wants it. Without memory the answer is the exception, and the content goes.
    unsafe {
        let object = qjs::JS_NewObjectClass(ctx, class);
        if !qjs::JS_IsException(object) {
            qjs::JS_SetOpaque(object, Box::into_raw(Box::new(content)).cast::<c_void>());
        }
        object
    }
}

/// Puts `value`, which the cell owns from now on, in place of what it owned.
///
/// # Safety
/// `ctx` is live, the old value the cell's own.
unsafe fn put(ctx: *mut JSContext, cell: &Cell<JSValue>, value: JSValue) {
    // SAFETY: by the contract; the old one goes when the new one is there.
    unsafe { replace(ctx, cell, value) }
}
