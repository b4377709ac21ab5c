//! ES modules: the engine asks here for names and sources, and the JavaScript layer answers.

use crate::node::Node;
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Error, Function, Module, Result};

/// Resolver and loader of a runtime that has Node's modules.
pub(crate) struct Modules;

fn node(ctx: &Ctx<'_>) -> Result<Node> {
    Node::of(ctx).ok_or(Error::Unknown)
}

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        attributes: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let kind = attributes
            .and_then(|attributes| attributes.get_type().transpose())
            .transpose()?;
        let resolve: Function<'js> = node(ctx)?.internal(ctx)?.get("resolveEsm")?;
        resolve.call((name, base, kind))
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let internal = node(ctx)?.internal(ctx)?;
        let source: String = internal.get::<_, Function<'js>>("loadEsm")?.call((name,))?;
        let module = Module::declare(ctx.clone(), name, source)?;
        internal
            .get::<_, Function<'js>>("describeEsm")?
            .call::<_, ()>((module.meta()?, name))?;
        Ok(module)
    }
}
