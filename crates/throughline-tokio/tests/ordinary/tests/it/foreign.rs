//! Functions of another crate that want tokio's own types.

use crate::REQUEST;
use std::io::Read;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::context::RuntimeExt;
use tokio_util::io::SyncIoBridge;
use tokio_util::task::TaskTracker;

#[test]
fn a_reference_is_one_to_tokios_own() {
    let runtime = Runtime::new().unwrap();
    let tracker = TaskTracker::new();
    // What another crate spawns by tokio itself inherits nothing.
    let task = REQUEST.run(7, || {
        tracker.spawn_on(async { REQUEST.get_store() }, runtime.handle())
    });
    assert_eq!(runtime.block_on(task).unwrap(), None);
    // A trait of another crate, on tokio's own.
    let idle = Builder::new_current_thread().build().unwrap();
    assert_eq!(
        idle.block_on(runtime.wrap(async { Handle::current().id() })),
        runtime.handle().id()
    );
}

#[test]
fn a_value_is_turned_into_tokios_own_and_back() {
    let runtime = Runtime::new().unwrap();
    let handle: Handle = runtime.handle().clone();
    let mut bridge = SyncIoBridge::new_with_handle(&b"read"[..], handle.into());
    let mut read = String::new();
    bridge.read_to_string(&mut read).unwrap();
    assert_eq!(read, "read");

    let own: tokio::real::runtime::Runtime = runtime.into();
    let own_handle: tokio::real::runtime::Handle = own.handle().clone();
    let bare = REQUEST.run(7, || own.spawn(async { REQUEST.get_store() }));
    let back = Handle::from(own_handle);
    assert_eq!(back.block_on(bare).unwrap(), None);
    let task = REQUEST.run(7, || back.spawn(async { REQUEST.get_store() }));
    assert_eq!(Runtime::from(own).block_on(task).unwrap(), Some(7));
}

#[test]
fn a_builder_lends_tokios_own() {
    fn configure(builder: &mut tokio::real::runtime::Builder) {
        builder.enable_time();
    }
    let mut builder = Builder::new_current_thread();
    configure(builder.as_mut());
    let runtime = builder.build().unwrap();
    runtime.block_on(async { tokio::time::sleep(tokio::time::Duration::ZERO).await });
}
