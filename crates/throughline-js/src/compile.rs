//! Source text of a function's body, as a function.

use crate::engine;
use rquickjs::{Ctx, Function, Result};

/// Compiles `body` as the body of a function of these parameters. Its first line is the first line of the file.
pub(crate) fn function<'js>(
    ctx: &Ctx<'js>,
    body: &str,
    file: &str,
    parameters: &[impl AsRef<str>],
) -> Result<Function<'js>> {
    let names: Vec<_> = parameters.iter().map(AsRef::as_ref).collect();
    // A file may begin with the name of its interpreter.
    let (mark, body) = match body.strip_prefix("#!") {
        Some(rest) => ("//", rest),
        None => ("", body),
    };
    // What stands before the body has lines of its own, before the first. (The engine takes 0 for 1.)
    let source = format!("(function ({}) {{\n\n{mark}{body}\n}})", names.join(", "));
    engine::eval_from_line(ctx, source, file, -1)?.get()
}
