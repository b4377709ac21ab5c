//! `AsyncLocalStorage` as the engine sees it: an object with a key. Its methods are native, since they are what a program calls most.

use super::value::{dup, free, natives, throw_type_error};
use super::{Class, NEXT_KEY, State, new_object, opaque, opaque_of};
use rquickjs::qjs::{self, JSRuntime, JSValue};
use std::sync::atomic::Ordering;

struct Storage {
    key: u64,
    default: JSValue,
}

pub(super) const CLASS: Class = Class {
    finalizer: finalize,
    mark,
    call: None,
};

unsafe extern "C" fn finalize(runtime: *mut JSRuntime, object: JSValue) {
    // SAFETY: an object of this class (invariant 4), for the last time.
    unsafe {
        let storage = opaque::<Storage>(object);
        if !storage.is_null() {
            let storage = Box::from_raw(storage);
            qjs::JS_FreeValueRT(runtime, storage.default);
        }
    }
}

unsafe extern "C" fn mark(runtime: *mut JSRuntime, object: JSValue, mark_func: qjs::JS_MarkFunc) {
    // SAFETY: an object of this class (invariant 4).
    unsafe {
        if let Some(storage) = opaque::<Storage>(object).as_ref() {
            super::mark(runtime, storage.default, mark_func);
        }
    }
}

impl Storage {
    /// The current store, or the default; borrowed.
    fn get(&self, state: &State) -> JSValue {
        state.find(self.key).unwrap_or(self.default)
    }
}

/// # Safety
/// `this` is alive as long as the answer is used.
unsafe fn storage<'a>(state: &State, this: JSValue) -> Result<&'a Storage, JSValue> {
    // SAFETY: the class keeps a `Storage`; the context is live.
    unsafe {
        opaque_of(this, state.classes.storage).ok_or_else(|| {
            throw_type_error(
                state.ctx,
                c"Cannot read private member #defaultValue from an object whose class did not declare it",
            )
        })
    }
}

macro_rules! this {
    ($state:ident, $call:ident) => {
        match storage($state, $call.this) {
            Ok(storage) => storage,
            Err(exception) => return exception,
        }
    };
}

natives! {
    /// An object of that prototype, with a key and a default.
    2 makeStorage(state, call) {
        let key = NEXT_KEY.fetch_add(1, Ordering::Relaxed);
        let default = dup(call.arg(1));
        let object = new_object(state.ctx, state.classes.storage, Storage { key, default });
        if !qjs::JS_IsException(object) {
            qjs::JS_SetPrototype(state.ctx, object, call.arg(0));
        }
        object
    }
    0 getStore(state, call) {
        dup(this!(state, call).get(state))
    }
    /// As Node's, it takes any receiver, and enters for what is no storage what nobody can read.
    1 enterWith(state, call) {
        if let Some(storage) = opaque_of::<Storage>(call.this, state.classes.storage) {
            state.enter_store(storage.key, call.arg(0));
        }
        qjs::JS_UNDEFINED
    }
    0 disable(state, call) {
        if let Some(storage) = opaque_of::<Storage>(call.this, state.classes.storage) {
            state.disable(storage.key);
        }
        qjs::JS_UNDEFINED
    }
    /// `ALS-7` to `ALS-10`.
    2 run(state, call) {
        let storage = this!(state, call);
        let (store, f) = (call.arg(0), call.arg(1));
        let args = call.args.get(2..).unwrap_or_default();
        let argv = args.as_ptr().cast_mut();
        let argc = args.len() as qjs::c_int;
        if qjs::JS_IsSameValue(state.ctx, storage.get(state), store) {
            return qjs::JS_Call(state.ctx, f, qjs::JS_NULL, argc, argv);
        }
        let key = storage.key;
        let before = dup(state.current.get());
        state.enter_store(key, store);
        let answer = qjs::JS_Call(state.ctx, f, qjs::JS_NULL, argc, argv);
        state.leave_store(key, before);
        free(state.ctx, before);
        answer
    }
}
