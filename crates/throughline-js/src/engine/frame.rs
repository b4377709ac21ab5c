//! Frame objects: which stores are set, and which frame of the core goes with them.

use super::value::{address, dup, free, is_same_object, mark, natives};
use super::{Class, Root, State, new_object, opaque, opaque_of, put};
use rquickjs::qjs::{self, JSContext, JSRuntime, JSValue};
use smallvec::SmallVec;
use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::thread;
use throughline_core::{Snapshot, host};

/// Keys of storages and their stores. Few: a search is a walk.
pub(super) type Entries = SmallVec<[(u64, JSValue); 2]>;

/// What Rust set: shared by all frame objects that JavaScript made out of each other since it was entered.
pub(super) struct RustHalf {
    frame: Snapshot,
}

impl RustHalf {
    pub(super) fn new(frame: Snapshot) -> Self {
        RustHalf { frame }
    }
}

/// What a frame object keeps.
struct FrameObject {
    state: *const State,
    /// Changed only when the object is used again, by nobody but who made it.
    rust: RefCell<Rc<RustHalf>>,
    /// Changed only by `disable`, as Node does it (`ALS-21`), and by nobody while it is walked.
    entries: RefCell<Entries>,
    /// The object it was made on by entering a store of `key`, which is looked at only to see whether `run` ends as it began.
    made_on: Cell<usize>,
    key: u64,
    /// Somebody keeps it for later, beside whoever is running in it. Whatever puts a frame object where it outlives a call sets this, by
    /// [`State::capture`]: an object without it is used again.
    captured: Cell<bool>,
    /// The root that Rust holds of it, if any.
    root: RefCell<Weak<Root>>,
}

impl FrameObject {
    fn rust(&self) -> Rc<RustHalf> {
        self.rust.borrow().clone()
    }
}

/// Calling a frame object makes it current: so it is a promise reaction of its own, and no closure is made for an `await`.
pub(super) const CLASS: Class = Class {
    finalizer: finalize,
    mark: mark_entries,
    call: Some(call),
};

unsafe extern "C" fn finalize(runtime: *mut JSRuntime, object: JSValue) {
    // SAFETY: an object of this class (invariant 4), for the last time; its values are its own (invariant 3).
    unsafe {
        let content = opaque::<FrameObject>(object);
        if !content.is_null() {
            let content = *Box::from_raw(content);
            for (_, value) in content.entries.into_inner() {
                qjs::JS_FreeValueRT(runtime, value);
            }
            // The last frame object of a Rust frame may end stores whose `Drop` is anybody's.
            throughline_core::__private::isolate(
                || "a store of a frame that JavaScript let go".to_owned(),
                || drop(content.rust),
            );
        }
    }
}

unsafe extern "C" fn mark_entries(runtime: *mut JSRuntime, object: JSValue, mark_func: qjs::JS_MarkFunc) {
    // SAFETY: an object of this class (invariant 4).
    unsafe {
        if let Some(content) = opaque::<FrameObject>(object).as_ref() {
            for &(_, value) in content.entries.borrow().iter() {
                mark(runtime, value, mark_func);
            }
        }
    }
}

unsafe extern "C" fn call(
    _: *mut JSContext,
    object: JSValue,
    _: JSValue,
    _: c_int,
    _: *mut JSValue,
    _: c_int,
) -> JSValue {
    // SAFETY: an object of this class (invariant 4); while the engine calls, its state is there (invariant 2).
    unsafe {
        if let Some(content) = opaque::<FrameObject>(object).as_ref() {
            let state = &*content.state;
            if state.promise.mark_next(state, object).is_err() {
                return qjs::JS_EXCEPTION;
            }
        }
        qjs::JS_UNDEFINED
    }
}

/// # Safety
/// This thread holds the runtime. The values in `entries` become the object's.
pub(super) unsafe fn new(state: &State, rust: Rc<RustHalf>, entries: Entries) -> JSValue {
    // SAFETY: by the contract.
    unsafe { new_on(state, rust, entries, 0, 0) }
}

/// # Safety
/// As [`new`].
unsafe fn new_on(state: &State, rust: Rc<RustHalf>, entries: Entries, made_on: usize, key: u64) -> JSValue {
    let content = FrameObject {
        state,
        rust: RefCell::new(rust),
        entries: RefCell::new(entries),
        made_on: Cell::new(made_on),
        key,
        captured: Cell::new(false),
        root: RefCell::new(Weak::new()),
    };
    // SAFETY: by the contract.
    unsafe { new_object(state.ctx, state.classes.frame, content) }
}

/// What Rust set.
///
/// # Safety
/// `object` is a frame object that stays alive meanwhile.
pub(super) unsafe fn rust_half(state: &State, object: JSValue) -> Option<Snapshot> {
    // SAFETY: by the contract.
    unsafe { Some(content(state, object)?.rust.borrow().frame.clone()) }
}

/// An object for what Rust set, and nothing of JavaScript: one that was made before, and that nobody kept, if there is one.
///
/// # Safety
/// As [`new`].
pub(super) unsafe fn for_rust(state: &State, captured: Snapshot) -> JSValue {
    // SAFETY: by the contract; what is taken out of the cell is ours.
    unsafe {
        let spare = state.spare.replace(qjs::JS_UNDEFINED);
        let Some(content) = content(state, spare) else {
            return new(state, Rc::new(RustHalf::new(captured)), Entries::new());
        };
        let mut rust = content.rust.borrow_mut();
        match Rc::get_mut(&mut rust) {
            Some(half) => half.frame = captured,
            None => *rust = Rc::new(RustHalf::new(captured)),
        }
        spare
    }
}

/// Gives back what [`for_rust`] gave, to be used again if nobody kept it.
///
/// # Safety
/// The reference is the caller's.
pub(super) unsafe fn give_back(state: &State, object: JSValue) {
    // SAFETY: by the contract. Who keeps a frame object beyond a call captures it ([`State::capture`]).
    unsafe {
        let is_free = content(state, object).is_some_and(|content| {
            let is_ours = !content.captured.get() && content.entries.borrow().is_empty();
            is_ours && Rc::strong_count(&content.rust.borrow()) == 1
        });
        if !is_free || !qjs::JS_IsUndefined(state.spare.get()) {
            free(state.ctx, object);
            return;
        }
        // What Rust set is let go at once.
        let former = content(state, object).and_then(|content| {
            let mut rust = content.rust.borrow_mut();
            Rc::get_mut(&mut rust).map(|half| std::mem::take(&mut half.frame))
        });
        state.spare.set(object);
        drop(former);
    }
}

/// The stores of `base`, on another Rust half.
///
/// # Safety
/// As [`new`]; `base` is a frame object.
pub(super) unsafe fn with_rust_half(state: &State, base: JSValue, rust: Rc<RustHalf>) -> JSValue {
    // SAFETY: by the contract.
    unsafe {
        let entries = content(state, base).map_or_else(Entries::new, |base| copy(base, 0));
        new(state, rust, entries)
    }
}

/// The entries but that of `key`, each counted once more.
///
/// # Safety
/// The object is alive.
unsafe fn copy(content: &FrameObject, but: u64) -> Entries {
    let entries = content.entries.borrow();
    let others = entries.iter().filter(|(key, _)| *key != but);
    // SAFETY: the entries are alive.
    others.map(|&(key, value)| (key, unsafe { dup(value) })).collect()
}

/// # Safety
/// `object` stays alive while the answer is used.
#[inline]
unsafe fn content<'a>(state: &State, object: JSValue) -> Option<&'a FrameObject> {
    // SAFETY: the class keeps a `FrameObject`.
    unsafe { opaque_of(object, state.classes.frame) }
}

/// The frame Rust code is to run in so that what it captures has the stores of JavaScript too; none where there are none.
pub(super) fn carried(state: &State) -> Option<Snapshot> {
    // SAFETY: the current object is alive while it is current; nothing below changes that.
    unsafe {
        let current = state.current.get();
        let content = content(state, current)?;
        if content.entries.borrow().is_empty() {
            return None;
        }
        let known = content.root.borrow().upgrade();
        let root = known.unwrap_or_else(|| {
            let root = Arc::new(Root::new(state.fill_slot(dup(current)), state.dropped.clone()));
            *content.root.borrow_mut() = Arc::downgrade(&root);
            content.captured.set(true);
            root
        });
        Some(host::frame_with(
            &content.rust.borrow().frame,
            &state.carried,
            root,
        ))
    }
}

impl State {
    fn fill_slot(&self, value: JSValue) -> usize {
        let mut roots = self.roots.borrow_mut();
        if let Some(slot) = self.free_slots.borrow_mut().pop() {
            roots[slot] = Some(value);
            return slot;
        }
        roots.push(Some(value));
        roots.len() - 1
    }

    /// Whether nothing is set, neither by JavaScript nor by Rust.
    #[inline]
    pub(super) fn is_at_root(&self) -> bool {
        is_same_object(self.current.get(), self.root.get())
    }

    /// Makes a frame object current (undefined: the root), and with it its Rust half.
    ///
    /// # Safety
    /// `object` is a frame object of this runtime, or undefined.
    pub(super) unsafe fn set_current(&self, object: JSValue) {
        // SAFETY: both are alive: one by the contract, the other because it is current until it is given back.
        unsafe {
            let object = match qjs::JS_IsUndefined(object) {
                true => self.root.get(),
                false => object,
            };
            let former = self.current.get();
            if is_same_object(former, object) {
                return;
            }
            let (Some(from), Some(to)) = (content(self, former), content(self, object)) else {
                return;
            };
            self.current.set(dup(object));
            if self.depth.get() == 0 {
                self.set_outside(object, &to.rust());
            } else if !Rc::ptr_eq(&from.rust.borrow(), &to.rust.borrow()) {
                self.follow(&to.rust());
            }
            free(self.ctx, former);
        }
    }

    /// A frame was set outside of any boundary of ours, by a job that somebody else drives. Their boundary keeps its stores: ours go into a visit,
    /// which ends with the frame.
    #[cold]
    fn set_outside(&self, object: JSValue, rust: &RustHalf) {
        self.leave_visit();
        if address(object) != address(self.root.get()) {
            let visit = host::Resident::new(rust.frame.clone()).visit();
            *self.visit.borrow_mut() = Some((thread::current().id(), visit));
        }
    }

    /// The end of what a job did outside of any boundary of ours.
    pub(super) fn end_outside(&self) {
        if self.depth.get() == 0 {
            // SAFETY: the root is a frame object.
            unsafe { self.set_current(self.root.get()) };
        }
    }

    fn leave_visit(&self) {
        let visit = self.visit.borrow_mut().take();
        match visit {
            Some((thread, visit)) if thread == thread::current().id() => drop(visit.leave()),
            // It ended with the boundary it was in.
            Some((_, visit)) => std::mem::forget(visit),
            None => {}
        }
    }

    /// Makes the core's current frame follow (invariant 5).
    fn follow(&self, rust: &RustHalf) {
        if host::set(rust.frame.clone()).is_err() {
            warn_of_no_boundary();
        }
    }

    /// Runs `f` in a boundary, with `object` current.
    pub(super) fn bounded<R>(&self, object: JSValue, f: impl FnOnce() -> R) -> R {
        /// Also if `f` panics.
        struct PutBack<'a>(&'a State, JSValue);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                let PutBack(state, former) = *self;
                state.depth.set(state.depth.get() - 1);
                // SAFETY: the reference is this guard's, and becomes the cell's.
                unsafe { put(state.ctx, &state.current, former) };
            }
        }
        if self.depth.get() == 0 {
            self.leave_visit();
        }
        // SAFETY: whoever calls owns `object` meanwhile; the cell gets a reference of its own, and the guard the former one.
        let (former, rust) = unsafe {
            let former = self.current.replace(dup(object));
            (
                former,
                content(self, object).map_or_else(|| self.empty.clone(), FrameObject::rust),
            )
        };
        let _put_back = PutBack(self, former);
        self.depth.set(self.depth.get() + 1);
        // The core's own boundary puts the Rust half back.
        rust.frame.run(f)
    }

    /// Runs `f` in a boundary with `object` current, if it would be in none of ours.
    pub(super) fn bounded_outside<R>(&self, object: JSValue, f: impl FnOnce() -> R) -> R {
        match self.depth.get() {
            0 => self.bounded(object, f),
            _ => f(),
        }
    }

    /// Whether the current frame is kept by somebody from now on.
    pub(super) fn capture(&self) -> JSValue {
        let current = self.current.get();
        // SAFETY: it is alive while it is current.
        unsafe {
            if let Some(content) = content(self, current) {
                content.captured.set(true);
            }
        }
        current
    }

    /// The store of `key` in the current frame, borrowed.
    pub(super) fn find(&self, key: u64) -> Option<JSValue> {
        // SAFETY: it is alive while it is current.
        let content: &FrameObject = unsafe { content(self, self.current.get())? };
        let entries = content.entries.borrow();
        entries.iter().find(|entry| entry.0 == key).map(|entry| entry.1)
    }

    /// Makes a frame current that is the current one with `store` set for `key`.
    pub(super) fn enter_store(&self, key: u64, store: JSValue) {
        self.promise.begin_use(self);
        // SAFETY: the current object is alive while it is current; `store` is borrowed from the caller. The new object is the cell's in the end.
        unsafe {
            let current = self.current.get();
            let Some(base) = content(self, current) else {
                return;
            };
            let mut entries = copy(base, key);
            entries.push((key, dup(store)));
            let rust = base.rust();
            let made_on = qjs::JS_VALUE_GET_PTR(current) as usize;
            put(self.ctx, &self.current, new_on(self, rust, entries, made_on, key));
        }
    }

    /// The end of `run`: the store of `key` is what it was in `before`, and all else stays as it is now (`ALS-9`).
    ///
    /// # Safety
    /// `before` is a frame object, borrowed from the caller.
    pub(super) unsafe fn leave_store(&self, key: u64, before: JSValue) {
        // SAFETY: by the contract, and the current object is alive while it is current.
        unsafe {
            let current = self.current.get();
            let (Some(now), Some(then)) = (content(self, current), content(self, before)) else {
                return;
            };
            let is_as_begun = now.key == key && now.made_on.get() == qjs::JS_VALUE_GET_PTR(before) as usize;
            // Node makes a new frame here. Who keeps the old one must not notice that we go back to it, should `disable` change it (`ALS-21`).
            if is_as_begun && (!then.captured.get() || is_same_object(before, self.root.get())) {
                self.set_current(before);
                return;
            }
            let mut entries = copy(now, key);
            let former = then
                .entries
                .borrow()
                .iter()
                .find(|entry| entry.0 == key)
                .map(|entry| entry.1);
            entries.extend(former.map(|store| (key, dup(store))));
            put(self.ctx, &self.current, new(self, now.rust(), entries));
        }
    }

    /// Takes `key` out of the current frame object itself (`ALS-21`).
    pub(super) fn disable(&self, key: u64) {
        // SAFETY: it is alive while it is current; what is taken out is given back when nothing is borrowed.
        unsafe {
            let Some(content) = content(self, self.current.get()) else {
                return;
            };
            content.made_on.set(0);
            let taken = {
                let mut entries = content.entries.borrow_mut();
                let place = entries.iter().position(|entry| entry.0 == key);
                place.map(|place| entries.remove(place))
            };
            if let Some((_, store)) = taken {
                free(self.ctx, store);
            }
        }
    }
}

/// Somebody drives the jobs outside of any boundary, so Rust's stores cannot follow.
fn warn_of_no_boundary() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        throughline_core::__private::report(&throughline_core::Report::Warning {
            name: "JobsOutsideBoundary",
            message: "jobs of a JavaScript runtime run outside of any boundary, where Rust's stores cannot follow them: \
                      wrap the future that drives it in `root_scope`",
        });
    });
}

natives! {
    /// The current frame, to be kept; undefined for the root.
    0 currentFrame(state, _call) {
        match state.is_at_root() {
            true => qjs::JS_UNDEFINED,
            false => dup(state.capture()),
        }
    }
    /// Makes a frame current, and answers what was.
    1 exchangeFrame(state, call) {
        let former = match state.is_at_root() {
            true => qjs::JS_UNDEFINED,
            false => dup(state.capture()),
        };
        state.set_current(call.arg(0));
        former
    }
    1 setFrame(state, call) {
        state.set_current(call.arg(0));
        qjs::JS_UNDEFINED
    }
}
