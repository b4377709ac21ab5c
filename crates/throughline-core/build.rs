//! Nothing is built here.

fn main() {
    // Cargo wants a build script where there is a `links` key; there is nothing to do.
    println!("cargo::rerun-if-changed=build.rs");
}
