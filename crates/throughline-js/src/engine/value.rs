//! Values of the engine, and functions of ours that it calls.

use super::State;
use rquickjs::qjs::{self, JSContext, JSRuntime, JSValue};
use std::cell::Cell;
use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A function of ours, as the engine knows it.
pub(super) struct Native {
    pub(super) name: &'static CStr,
    pub(super) length: c_int,
    pub(super) call: NativeCall,
}

pub(super) type NativeCall = unsafe extern "C" fn(*mut JSContext, JSValue, c_int, *mut JSValue) -> JSValue;

/// What such a function is called with.
pub(super) struct Call<'a> {
    pub(super) this: JSValue,
    pub(super) args: &'a [JSValue],
}

impl Call<'_> {
    pub(super) fn arg(&self, i: usize) -> JSValue {
        self.args.get(i).copied().unwrap_or(qjs::JS_UNDEFINED)
    }
}

/// Writes the `extern "C"` functions: each body runs with the state and the call, inside `unsafe`, by the invariants of the module.
macro_rules! natives {
    ($($(#[$doc:meta])* $length:literal $name:ident($state:ident, $call:ident) $body:block)*) => {
        $(
            $(#[$doc])*
            #[allow(non_snake_case)] // Named as JavaScript sees it.
            unsafe extern "C" fn $name(
                ctx: *mut rquickjs::qjs::JSContext,
                this: rquickjs::qjs::JSValue,
                argc: std::ffi::c_int,
                argv: *mut rquickjs::qjs::JSValue,
            ) -> rquickjs::qjs::JSValue {
                // SAFETY: called by the engine (invariant 1), with a context that has a state (invariant 2).
                unsafe {
                    $crate::engine::value::called(ctx, this, argc, argv, |$state, $call| $body)
                }
            }
        )*
        pub(super) const NATIVES: &[$crate::engine::value::Native] = &[$(
            $crate::engine::value::Native {
                // SAFETY: the literal ends with the only zero byte in it.
                name: unsafe {
                    std::ffi::CStr::from_bytes_with_nul_unchecked(concat!(stringify!($name), "\0").as_bytes())
                },
                length: $length,
                call: $name,
            },
        )*];
    };
}
pub(super) use natives;

/// Runs the body of a native function. A panic in it (a hook's, a store's `Drop`) is reported, and becomes an exception.
///
/// # Safety
/// Called by the engine (invariant 1) for a context with a state.
pub(super) unsafe fn called(
    ctx: *mut JSContext,
    this: JSValue,
    argc: c_int,
    argv: *mut JSValue,
    body: impl FnOnce(&State, &Call<'_>) -> JSValue,
) -> JSValue {
    // SAFETY: by the contract.
    unsafe {
        let state = &*qjs::JS_GetContextOpaque(ctx).cast::<State>();
        let args = match argc {
            ..=0 => &[],
            // The engine hands at least as many values as it says.
            argc => std::slice::from_raw_parts(argv, argc as usize),
        };
        let call = Call { this, args };
        guarded(ctx, || body(state, &call))
    }
}

/// No panic of ours goes through the engine.
///
/// # Safety
/// `ctx` is live.
pub(super) unsafe fn guarded(ctx: *mut JSContext, body: impl FnOnce() -> JSValue) -> JSValue {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(payload) => {
            let report = throughline_core::Report::Panic {
                place: "a call from JavaScript",
                payload: &*payload,
            };
            throughline_core::__private::report(&report);
            // SAFETY: by the contract.
            unsafe { throw_type_error(ctx, c"a Rust function panicked") }
        }
    }
}

/// # Safety
/// `ctx` is live.
pub(super) unsafe fn throw_type_error(ctx: *mut JSContext, message: &CStr) -> JSValue {
    // SAFETY: by the contract; the format takes one string.
    unsafe { qjs::JS_ThrowTypeError(ctx, c"%s".as_ptr(), message.as_ptr()) }
}

/// # Safety
/// `ctx` is live.
pub(super) unsafe fn function(ctx: *mut JSContext, native: &Native) -> JSValue {
    // SAFETY: by the contract; the engine copies the name.
    unsafe {
        qjs::JS_NewCFunction2(
            ctx,
            Some(native.call),
            native.name.as_ptr(),
            native.length,
            qjs::JSCFunctionEnum_JS_CFUNC_generic,
            0,
        )
    }
}

/// One more reference to a value.
///
/// # Safety
/// `value` is alive.
#[inline]
pub(super) unsafe fn dup(value: JSValue) -> JSValue {
    // SAFETY: by the contract; the context is not looked at.
    unsafe { qjs::JS_DupValue(std::ptr::null_mut(), value) }
}

/// # Safety
/// The caller gives up a reference, and borrows nothing of the state: finalizers may run.
#[inline]
pub(super) unsafe fn free(ctx: *mut JSContext, value: JSValue) {
    // SAFETY: by the contract.
    unsafe { qjs::JS_FreeValue(ctx, value) }
}

/// # Safety
/// As [`free`] for the old value; the cell takes `value` over.
#[inline]
pub(super) unsafe fn replace(ctx: *mut JSContext, cell: &Cell<JSValue>, value: JSValue) {
    let old = cell.replace(value);
    // SAFETY: by the contract.
    unsafe { free(ctx, old) }
}

/// # Safety
/// Called while the collector marks.
pub(super) unsafe fn mark(runtime: *mut JSRuntime, value: JSValue, mark_func: qjs::JS_MarkFunc) {
    // SAFETY: by the contract.
    unsafe { qjs::JS_MarkValue(runtime, value, mark_func) }
}

/// Where an object lies: its identity.
#[inline]
pub(super) fn address(value: JSValue) -> usize {
    // SAFETY: reads the word, whatever it means.
    unsafe { qjs::JS_VALUE_GET_PTR(value) as usize }
}

/// Whether both are the very same object.
#[inline]
pub(super) fn is_same_object(a: JSValue, b: JSValue) -> bool {
    address(a) == address(b)
}

/// An id or another whole number, as a number.
pub(super) fn number(value: f64) -> JSValue {
    if value == f64::from(value as i32) && (value != 0.0 || value.is_sign_positive()) {
        qjs::JS_MKVAL(qjs::JS_TAG_INT, value as i32)
    } else {
        qjs::JS_NewFloat64(value)
    }
}

/// The number in a value; NaN if it is none.
pub(super) fn to_number(value: JSValue) -> f64 {
    // SAFETY: the tag says what the word is.
    unsafe {
        if qjs::JS_IsInt(value) {
            f64::from(qjs::JS_VALUE_GET_INT(value))
        } else if qjs::JS_IsNumber(value) {
            qjs::JS_VALUE_GET_FLOAT64(value)
        } else {
            f64::NAN
        }
    }
}

/// The text of a string value.
///
/// # Safety
/// `ctx` is live, and `value` alive.
pub(super) unsafe fn to_text(ctx: *mut JSContext, value: JSValue) -> String {
    // SAFETY: by the contract; the bytes are the engine's until they are given back.
    unsafe {
        let mut len = 0;
        let bytes = qjs::JS_ToCStringLen2(ctx, &mut len, value, false);
        if bytes.is_null() {
            free(ctx, qjs::JS_GetException(ctx));
            return String::new();
        }
        let text = String::from_utf8_lossy(std::slice::from_raw_parts(bytes.cast::<u8>(), len as usize))
            .into_owned();
        qjs::JS_FreeCString(ctx, bytes);
        text
    }
}

/// # Safety
/// `value` is any value.
pub(super) unsafe fn truth(value: JSValue) -> bool {
    // SAFETY: the tag says what the word is.
    unsafe { qjs::JS_IsBool(value) && qjs::JS_VALUE_GET_BOOL(value) }
}
