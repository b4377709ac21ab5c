//! With `--cfg tokio_unstable` there is `task::Builder`, whatever features are asked for: see `../Cargo.toml`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TOKIO_UNSTABLE").is_some() {
        println!("cargo::rustc-cfg=feature=\"tokio-tracing\"");
    }
}
