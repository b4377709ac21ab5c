//! Source text of a function's body, as a function.

use rquickjs::context::EvalOptions;
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
    let source = format!("(function ({}) {{ {mark}{body}\n}})", names.join(", "));
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.to_owned());
    ctx.eval_with_options(source, options)
}
