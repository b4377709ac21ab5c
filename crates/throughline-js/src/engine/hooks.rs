//! Ids, the execution stack, hooks and the destroy queue: all the core's. Here is only which object of JavaScript goes with which of them.

use super::value::{dup, free, is_same_object, natives, number, replace, to_number, to_text, truth};
use super::{State, put};
use rquickjs::qjs::{self, JSValue};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_int;
use throughline_core::host::{Entered, HookRegistry};
use throughline_core::{
    AsyncHook, AsyncId, ResourceInfo, ResourceType, execution_async_id, trigger_async_id,
    with_default_trigger,
};

/// What hooks need of the state.
pub(super) struct HookState {
    registry: HookRegistry,
    /// Has no hooks: for what is entered without anybody being told.
    quiet: HookRegistry,
    /// The resources whose callbacks are running in this runtime, with their objects.
    stack: RefCell<Vec<Running>>,
    /// The event that is being told of: what hooks of JavaScript are handed beside the core's.
    event: Cell<Event>,
    /// What tells a hook of JavaScript: `(hook, event, id, type, trigger, resource)`.
    deliver: Cell<JSValue>,
    /// The object that stands for no resource.
    top: Cell<JSValue>,
    /// Hooks of JavaScript that are enabled, or may come to be; by their number.
    hooks: RefCell<HashMap<u32, (JSValue, AsyncHook)>>,
    next_hook: Cell<u32>,
    /// Types of resources, by the number that the JavaScript layer has for them.
    types: RefCell<Vec<ResourceType>>,
}

struct Running {
    /// Nothing while hooks are told that it begins, or ends.
    entered: Option<Entered>,
    id: f64,
    trigger: f64,
    resource: JSValue,
}

/// What goes with an event, borrowed from who tells of it.
#[derive(Clone, Copy)]
struct Event {
    resource: JSValue,
    trigger: f64,
    is_promise: bool,
}

const NO_EVENT: Event = Event {
    resource: qjs::JS_UNDEFINED,
    trigger: 0.0,
    is_promise: false,
};

const INIT: i32 = 0;
const BEFORE: i32 = 1;
const AFTER: i32 = 2;
const DESTROY: i32 = 3;
const PROMISE_RESOLVE: i32 = 4;

/// Type names beyond so many are one: a script must not fill memory that is never given back (`ResourceType::interned`).
const MOST_TYPES: usize = 4096;
const OTHER: ResourceType = ResourceType::new("OTHER");

thread_local! {
    /// The runtime that is telling its hooks on this thread; the closures of these must be `Send`, so they look here.
    static TELLING: Cell<*const State> = const { Cell::new(std::ptr::null()) };
}

impl HookState {
    pub(super) fn new() -> Self {
        HookState {
            registry: HookRegistry::new(),
            quiet: HookRegistry::new(),
            stack: RefCell::default(),
            event: Cell::new(NO_EVENT),
            deliver: Cell::new(qjs::JS_UNDEFINED),
            top: Cell::new(qjs::JS_UNDEFINED),
            hooks: RefCell::default(),
            next_hook: Cell::new(0),
            types: RefCell::default(),
        }
    }

    pub(super) fn values(&self, each: &mut impl FnMut(JSValue)) {
        each(self.deliver.get());
        each(self.top.get());
        let stack = self.stack.take();
        stack.iter().for_each(|running| each(running.resource));
        self.stack.replace(stack);
        let hooks = self.hooks.take();
        hooks.values().for_each(|(hook, _)| each(*hook));
        self.hooks.replace(hooks);
    }

    fn resource_type(&self, number: JSValue) -> ResourceType {
        let types = self.types.borrow();
        types.get(to_number(number) as usize).copied().unwrap_or(OTHER)
    }
}

fn id_of(number: f64) -> Option<AsyncId> {
    AsyncId::new(if number >= 1.0 { number as u64 } else { 0 })
}

fn to_f64(id: Option<AsyncId>) -> f64 {
    id.map_or(0.0, |id| id.get() as f64)
}

impl State {
    /// Tells of an event: `tell` makes the core do it.
    fn telling<R>(&self, event: Event, tell: impl FnOnce(&HookRegistry) -> R) -> R {
        /// Also if a hook of Rust panics.
        struct PutBack<'a>(&'a State, Event, *const State);
        impl Drop for PutBack<'_> {
            fn drop(&mut self) {
                self.0.hooks.event.set(self.1);
                TELLING.set(self.2);
            }
        }
        let _put_back = PutBack(self, self.hooks.event.replace(event), TELLING.replace(self));
        tell(&self.hooks.registry)
    }

    fn info(&self, id: f64, trigger: f64, name: ResourceType) -> Option<ResourceInfo> {
        Some(self.hooks.registry.resource(id_of(id)?, id_of(trigger), name))
    }

    /// Tells one hook of JavaScript.
    fn tell_hook(&self, number_of_hook: u32, kind: i32, info: &ResourceInfo) {
        if self.exit.get().is_some() {
            return;
        }
        let event = self.hooks.event.get();
        let Some(hook) = self
            .hooks
            .hooks
            .borrow()
            .get(&number_of_hook)
            .map(|(hook, _)| *hook)
        else {
            return;
        };
        // SAFETY: this thread holds the runtime, since it tells. What is kept by the state is counted while it is used.
        unsafe {
            let (hook, deliver) = (dup(hook), dup(self.hooks.deliver.get()));
            let name = info.type_name();
            let name = qjs::JS_NewStringLen(self.ctx, name.as_ptr().cast(), name.len() as _);
            let mut args = [
                hook,
                number(f64::from(kind)),
                number(to_f64(Some(info.async_id()))),
                name,
                number(event.trigger),
                event.resource,
                if event.is_promise {
                    qjs::JS_TRUE
                } else {
                    qjs::JS_FALSE
                },
            ];
            let answer = qjs::JS_Call(
                self.ctx,
                deliver,
                qjs::JS_UNDEFINED,
                args.len() as c_int,
                args.as_mut_ptr(),
            );
            for value in [hook, deliver, name, answer] {
                free(self.ctx, value);
            }
        }
    }

    /// The exception that ends the script, if a hook asked for its end.
    fn answer(&self, value: JSValue) -> JSValue {
        match self.exit.get() {
            None => value,
            Some(_) => self.throw_end(),
        }
    }

    /// Throws what no script can catch.
    pub(super) fn throw_end(&self) -> JSValue {
        // SAFETY: the context is live; the error goes to the engine.
        unsafe {
            let error = qjs::JS_NewError(self.ctx);
            qjs::JS_SetUncatchableError(self.ctx, error);
            qjs::JS_Throw(self.ctx, error)
        }
    }

    fn push(&self, id: f64, trigger: f64, resource: JSValue, name: ResourceType, is_promise: bool) {
        let Some(info) = self.info(id, trigger, name) else {
            return;
        };
        let event = Event {
            resource,
            trigger,
            is_promise,
        };
        // It is on the stack when hooks are told, and until they have been (`HK-11`).
        self.push_running(id, trigger, resource);
        let entered = self.telling(event, |registry| registry.enter(&info));
        self.set_entered(entered);
    }

    /// As `push`, and no hook of this runtime is told.
    fn push_quietly(&self, id: f64, trigger: f64, resource: JSValue, name: ResourceType) {
        let Some(id_of_it) = id_of(id) else { return };
        let info = self.hooks.quiet.resource(id_of_it, id_of(trigger), name);
        self.push_running(id, trigger, resource);
        let entered = self.hooks.quiet.enter(&info);
        self.set_entered(entered);
    }

    fn push_running(&self, id: f64, trigger: f64, resource: JSValue) {
        // SAFETY: the reference goes into the stack.
        let resource = unsafe { dup(resource) };
        self.hooks.stack.borrow_mut().push(Running {
            entered: None,
            id,
            trigger,
            resource,
        });
    }

    fn set_entered(&self, entered: Entered) {
        if let Some(running) = self.hooks.stack.borrow_mut().last_mut() {
            running.entered = Some(entered);
        }
    }

    /// Takes the top off the stack, and tells hooks `after`. Answers whether there is something on the stack yet.
    fn pop(&self, is_promise: bool) -> bool {
        let (entered, event) = {
            let mut stack = self.hooks.stack.borrow_mut();
            let Some(running) = stack.last_mut() else {
                return false;
            };
            let event = Event {
                resource: running.resource,
                trigger: running.trigger,
                is_promise,
            };
            (running.entered.take(), event)
        };
        if let Some(entered) = entered {
            // Out of order it is left when it is dropped, or not at all.
            let _ = self.telling(event, |registry| registry.leave(entered));
        }
        let running = self.hooks.stack.borrow_mut().pop();
        if let Some(running) = running {
            // SAFETY: the reference was the stack's.
            unsafe { free(self.ctx, running.resource) };
        }
        !self.hooks.stack.borrow().is_empty()
    }

    fn top_id(&self) -> Option<f64> {
        self.hooks.stack.borrow().last().map(|running| running.id)
    }
}

/// Runs `f` as the main program, which is a resource nobody is told of (`ID-1`).
pub(crate) fn with_resource<R>(state: &State, id: u64, name: &'static str, f: impl FnOnce() -> R) -> R {
    let height = state.hooks.stack.borrow().len();
    state.push_quietly(id as f64, 0.0, state.hooks.top.get(), name.into());
    let answer = f();
    while state.hooks.stack.borrow().len() > height {
        state.pop(false);
    }
    answer
}

natives! {
    0 newAsyncId(state, _call) {
        number(to_f64(Some(state.hooks.registry.new_id())))
    }
    0 executionAsyncId(_state, _call) {
        number(to_f64(execution_async_id()))
    }
    0 triggerAsyncId(state, _call) {
        let stack = state.hooks.stack.borrow();
        match stack.last() {
            // The core knows no trigger below 1.
            Some(running) if id_of(running.id) == execution_async_id() => number(running.trigger),
            _ => number(to_f64(trigger_async_id())),
        }
    }
    0 executionAsyncResource(state, _call) {
        let stack = state.hooks.stack.borrow();
        match stack.last() {
            Some(running) if id_of(running.id) == execution_async_id() => dup(running.resource),
            _ => dup(state.hooks.top.get()),
        }
    }
    0 defaultTriggerAsyncId(state, _call) {
        number(to_f64(state.hooks.registry.default_trigger()))
    }
    /// Calls a function with another default trigger.
    2 withDefaultTrigger(state, call) {
        with_default_trigger(id_of(to_number(call.arg(0))), || {
            qjs::JS_Call(state.ctx, call.arg(1), qjs::JS_UNDEFINED, 0, std::ptr::null_mut())
        })
    }
    /// `(deliver, top)`: what tells hooks, and the object that stands for no resource.
    2 onHooks(state, call) {
        replace(state.ctx, &state.hooks.deliver, dup(call.arg(0)));
        put(state.ctx, &state.hooks.top, dup(call.arg(1)));
        qjs::JS_UNDEFINED
    }
    /// `(hook, init, before, after, destroy, promiseResolve, tracksPromises)`: a hook, disabled; the answer is its number.
    7 makeHook(state, call) {
        let n = state.hooks.next_hook.get();
        state.hooks.next_hook.set(n + 1);
        let tracks_promises = truth(call.arg(6));
        let tell = move |kind| {
            move |info: &ResourceInfo| {
                let state = TELLING.get();
                // Inside `unsafe` by the macro: whoever tells has the state, and waits (invariant 2). A runtime's hooks are told by itself alone.
                if let Some(state) = state.as_ref() {
                    if tracks_promises || !state.hooks.event.get().is_promise {
                        state.tell_hook(n, kind, info);
                    }
                }
            }
        };
        let mut builder = state.hooks.registry.create_hook();
        if truth(call.arg(1)) { builder = builder.init(tell(INIT)); }
        if truth(call.arg(2)) { builder = builder.before(tell(BEFORE)); }
        if truth(call.arg(3)) { builder = builder.after(tell(AFTER)); }
        if truth(call.arg(4)) { builder = builder.destroy(tell(DESTROY)); }
        if truth(call.arg(5)) { builder = builder.promise_resolve(tell(PROMISE_RESOLVE)); }
        state.hooks.hooks.borrow_mut().insert(n, (dup(call.arg(0)), builder.build()));
        number(f64::from(n))
    }
    2 enableHook(state, call) {
        let hook = state.hooks.hooks.borrow().get(&(to_number(call.arg(0)) as u32)).map(|(_, hook)| hook.clone());
        if let Some(hook) = hook {
            if truth(call.arg(1)) { hook.enable(); } else { hook.disable(); }
        }
        qjs::JS_UNDEFINED
    }
    /// A hook that is disabled, and that nobody can enable any more.
    1 forgetHook(state, call) {
        let taken = state.hooks.hooks.borrow_mut().remove(&(to_number(call.arg(0)) as u32));
        if let Some((object, hook)) = taken {
            hook.disable();
            free(state.ctx, object);
        }
        qjs::JS_UNDEFINED
    }
    0 initHooksExist(state, _call) {
        if state.hooks.registry.has_init_hooks() { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
    0 destroyHooksExist(state, _call) {
        if state.hooks.registry.has_destroy_hooks() { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
    /// The number of a type of resources.
    1 typeNumber(state, call) {
        let name = to_text(state.ctx, call.arg(0));
        let mut types = state.hooks.types.borrow_mut();
        let known = types.iter().position(|known| known.name() == name);
        let place = known.unwrap_or_else(|| {
            if types.len() < MOST_TYPES {
                types.push(ResourceType::interned(&name));
                types.len() - 1
            } else {
                MOST_TYPES
            }
        });
        number(place as f64)
    }
    /// `(id, type, trigger, resource, isPromise)`.
    5 emitInit(state, call) {
        let name = state.hooks.resource_type(call.arg(1));
        let trigger = to_number(call.arg(2));
        if let Some(info) = state.info(to_number(call.arg(0)), trigger, name) {
            let event = Event { resource: call.arg(3), trigger, is_promise: truth(call.arg(4)) };
            state.telling(event, |registry| registry.announce(&info));
        }
        state.answer(qjs::JS_UNDEFINED)
    }
    /// `(id, trigger, resource, type, isPromise)`.
    5 emitBefore(state, call) {
        let name = state.hooks.resource_type(call.arg(3));
        let (id, trigger) = (to_number(call.arg(0)), to_number(call.arg(1)));
        state.push(id, trigger, call.arg(2), name, truth(call.arg(4)));
        state.answer(qjs::JS_UNDEFINED)
    }
    /// `(id, trigger, resource, type)`: as `emitBefore`, and nobody is told.
    4 enterQuietly(state, call) {
        let name = state.hooks.resource_type(call.arg(3));
        state.push_quietly(to_number(call.arg(0)), to_number(call.arg(1)), call.arg(2), name);
        qjs::JS_UNDEFINED
    }
    /// The end of that.
    1 leaveQuietly(state, call) {
        if state.top_id() == Some(to_number(call.arg(0))) {
            state.pop(false);
        }
        qjs::JS_UNDEFINED
    }
    /// `(id, isPromise)`: answers whether the stack is not empty; undefined if another resource is on top (`HK-18`).
    2 emitAfter(state, call) {
        match state.top_id() {
            None => qjs::JS_FALSE,
            Some(id) if id == to_number(call.arg(0)) => {
                let more = state.pop(truth(call.arg(1)));
                state.answer(if more { qjs::JS_TRUE } else { qjs::JS_FALSE })
            }
            Some(_) => qjs::JS_UNDEFINED,
        }
    }
    /// `(id, trigger, type)`.
    3 emitDestroy(state, call) {
        let name = state.hooks.resource_type(call.arg(2));
        if let Some(info) = state.info(to_number(call.arg(0)), to_number(call.arg(1)), name) {
            state.telling(NO_EVENT, |registry| registry.destroy(&info));
        }
        qjs::JS_UNDEFINED
    }
    /// `(id, trigger, promise)`.
    3 emitPromiseResolve(state, call) {
        if let Some(info) = state.info(to_number(call.arg(0)), to_number(call.arg(1)), ResourceType::new("PROMISE")) {
            let event = Event { resource: call.arg(2), trigger: 0.0, is_promise: true };
            state.telling(event, |registry| registry.resolve(&info));
        }
        state.answer(qjs::JS_UNDEFINED)
    }
    0 flushDestroyEvents(state, _call) {
        state.telling(NO_EVENT, HookRegistry::flush_destroy_events);
        state.answer(qjs::JS_UNDEFINED)
    }
    0 hasAsyncIdStack(state, _call) {
        if state.hooks.stack.borrow().is_empty() { qjs::JS_FALSE } else { qjs::JS_TRUE }
    }
    /// Ends the script with a status: nothing of it can catch this.
    1 endScript(state, call) {
        state.exit.set(Some(to_number(call.arg(0)) as i32));
        if let Some(node) = state.node() {
            node.tell_ended();
        }
        state.throw_end()
    }
    2 isSameObject(_state, call) {
        if is_same_object(call.arg(0), call.arg(1)) { qjs::JS_TRUE } else { qjs::JS_FALSE }
    }
}
