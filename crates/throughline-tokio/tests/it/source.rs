//! Reading Rust source for what is public in it.

use crate::shape::Shape;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{
    Attribute, File, GenericParam, Ident, ImplItem, Item, ItemImpl, ItemMacro, Signature, Token, TraitItem,
    Type, UseTree, Visibility,
};

/// What a crate's source makes public. Paths are those of the source (`task::join_set::JoinSet::spawn`), whatever re-exports them.
#[derive(Debug, Default)]
pub(crate) struct Public {
    pub(crate) functions: BTreeSet<Function>,
    pub(crate) macros: BTreeSet<String>,
    /// Traits of public types, as `Type: Trait`, both by their last name.
    pub(crate) traits: BTreeSet<String>,
    /// Modules that are public where they are declared, and shown in the documentation.
    pub(crate) modules: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Function {
    pub(crate) path: String,
    /// Whether it keeps code of its caller's, to run it later or elsewhere: a closure or future that is `'static`.
    pub(crate) keeps_code: bool,
    /// Whether its panics are at its caller's.
    pub(crate) tracks_caller: bool,
    /// None of what a macro makes.
    pub(crate) shape: Option<Shape>,
}

/// Reads all files below `directory` but those that match `skip`.
pub(crate) fn read(directory: &Path, skip: &[&str]) -> Public {
    let mut public = Public::default();
    for path in files(directory) {
        let relative = path.strip_prefix(directory).expect("below it");
        if skip.iter().any(|skipped| relative.starts_with(skipped)) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        read_text(module_of(relative), &text, &mut public);
    }
    public
}

/// Reads the text of one file.
pub(crate) fn read_text(module: Vec<String>, text: &str, public: &mut Public) {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", module.join("::")));
    let types = public_types(&file.items);
    Room {
        module,
        types: &types,
        public,
    }
    .items(&file.items);
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
    all
}

fn module_of(relative: &Path) -> Vec<String> {
    let mut module: Vec<_> = relative
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

/// The names of types that are public, at any depth of `cfg_…! { … }`.
fn public_types(items: &[Item]) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for item in items {
        let (visibility, ident) = match item {
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Macro(item) => {
                types.extend(public_types(&inside(item)));
                continue;
            }
            _ => continue,
        };
        if is_public(visibility) {
            types.insert(ident.to_string());
        }
    }
    types
}

/// One module, and what was found so far.
struct Room<'a> {
    module: Vec<String>,
    types: &'a BTreeSet<String>,
    public: &'a mut Public,
}

impl Room<'_> {
    fn items(&mut self, items: &[Item]) {
        items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Fn(item) if is_public(&item.vis) => self.function(None, &item.attrs, &item.sig),
            Item::Impl(item) => self.implementation(item),
            Item::Struct(item) if is_public(&item.vis) => self.derived(&item.ident, &item.attrs),
            Item::Enum(item) if is_public(&item.vis) => self.derived(&item.ident, &item.attrs),
            Item::Trait(item) if is_public(&item.vis) => {
                for inner in &item.items {
                    if let TraitItem::Fn(method) = inner {
                        self.function(Some(&item.ident.to_string()), &method.attrs, &method.sig);
                    }
                }
            }
            Item::Mod(item) if !only_for_tests(&item.attrs) => self.inner(item),
            Item::Use(item) if is_public(&item.vis) && !hidden(&item.attrs) => {
                if let UseTree::Path(path) = &item.tree {
                    if path.ident == "tokio_macros" {
                        self.public.macros.insert(used_as(&path.tree));
                    }
                }
            }
            Item::Macro(item) => match &item.ident {
                Some(name)
                    if item
                        .attrs
                        .iter()
                        .any(|attribute| attribute.path().is_ident("macro_export")) =>
                {
                    self.public.macros.insert(name.to_string());
                }
                Some(_) => {}
                // `doc! { macro_rules! select … }`: it gives the macro its documentation and exports it.
                None if item.mac.path.is_ident("doc") => {
                    let named = inside(item).into_iter().filter_map(|item| match item {
                        Item::Macro(item) => item.ident.map(|name| name.to_string()),
                        _ => None,
                    });
                    self.public.macros.extend(named);
                }
                None if item.mac.path.is_ident("settings") => self.settings(item),
                None => self.items(&inside(item)),
            },
            _ => {}
        }
    }

    fn implementation(&mut self, item: &ItemImpl) {
        let Some(of) = type_name(&item.self_ty).filter(|name| self.types.contains(name)) else {
            return;
        };
        match &item.trait_ {
            None => item.items.iter().for_each(|item| self.method(&of, item)),
            Some((path, _)) => {
                let name = &path.segments.last().expect("a trait has a name").ident;
                self.public.traits.insert(format!("{of}: {name}"));
            }
        }
    }

    fn derived(&mut self, of: &Ident, attributes: &[Attribute]) {
        for attribute in attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("derive"))
        {
            attribute
                .parse_nested_meta(|derived| {
                    let name = &derived.path.segments.last().expect("a trait has a name").ident;
                    self.public.traits.insert(format!("{of}: {name}"));
                    Ok(())
                })
                .expect("a list of traits");
        }
    }

    fn inner(&mut self, item: &syn::ItemMod) {
        if is_public(&item.vis) && !hidden(&item.attrs) {
            let path = self.path(None, &item.ident);
            self.public.modules.insert(path);
        }
        if let Some((_, items)) = &item.content {
            let types = public_types(items);
            let mut module = self.module.clone();
            module.push(item.ident.to_string());
            Room {
                module,
                types: &types,
                public: self.public,
            }
            .items(items);
        }
    }

    fn method(&mut self, of: &str, item: &ImplItem) {
        match item {
            ImplItem::Fn(method) if is_public(&method.vis) => {
                self.function(Some(of), &method.attrs, &method.sig)
            }
            ImplItem::Macro(item) => {
                let items = many::<ImplItem>.parse2(item.mac.tokens.clone());
                items
                    .unwrap_or_default()
                    .iter()
                    .for_each(|item| self.method(of, item));
            }
            _ => {}
        }
    }

    fn function(&mut self, of: Option<&str>, attributes: &[Attribute], signature: &Signature) {
        let path = self.path(of, &signature.ident);
        self.public.functions.insert(Function {
            path,
            keeps_code: keeps_code(signature),
            tracks_caller: attributes
                .iter()
                .any(|attribute| attribute.path().is_ident("track_caller")),
            shape: Some(Shape::of(of, signature)),
        });
    }

    /// Our own `settings! { name(argument: Type); }`.
    fn settings(&mut self, item: &ItemMacro) {
        let setting = |input: ParseStream<'_>| {
            input.call(Attribute::parse_outer)?;
            let name: Ident = input.parse()?;
            let arguments;
            syn::parenthesized!(arguments in input);
            arguments.parse_terminated(syn::FnArg::parse, Token![,])?;
            input.parse::<Token![;]>()?;
            Ok(name)
        };
        let names = |input: ParseStream<'_>| {
            let mut names = Vec::new();
            while !input.is_empty() {
                names.push(setting(input)?);
            }
            Ok(names)
        };
        for name in names.parse2(item.mac.tokens.clone()).expect("settings") {
            let path = self.path(Some("Builder"), &name);
            self.public.functions.insert(Function {
                path,
                keeps_code: false,
                tracks_caller: true,
                shape: None,
            });
        }
    }

    fn path(&self, of: Option<&str>, name: &Ident) -> String {
        let name = name.to_string();
        self.module
            .iter()
            .map(String::as_str)
            .chain(of)
            .chain([&*name])
            .collect::<Vec<_>>()
            .join("::")
    }
}

/// The items in `cfg_…! { … }`; none if it holds something else.
fn inside(item: &ItemMacro) -> Vec<Item> {
    if item.ident.is_some() {
        return Vec::new();
    }
    syn::parse2::<File>(item.mac.tokens.clone())
        .map(|file| file.items)
        .unwrap_or_default()
}

fn many<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let mut all = Vec::new();
    while !input.is_empty() {
        all.push(input.parse()?);
    }
    Ok(all)
}

fn keeps_code(signature: &Signature) -> bool {
    let mut bounds = Vec::new();
    for parameter in &signature.generics.params {
        if let GenericParam::Type(parameter) = parameter {
            bounds.extend(&parameter.bounds);
        }
    }
    bounds_of_where(signature, &mut bounds);
    for argument in &signature.inputs {
        if let syn::FnArg::Typed(argument) = argument {
            if let Type::ImplTrait(argument) = &*argument.ty {
                bounds.extend(&argument.bounds);
            }
        }
    }
    let is_static = |bound: &&syn::TypeParamBound| matches!(bound, syn::TypeParamBound::Lifetime(it) if it.ident == "static");
    let is_code = |bound: &&syn::TypeParamBound| match bound {
        syn::TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
            ["Future", "Fn", "FnMut", "FnOnce"]
                .iter()
                .any(|name| last.ident == name)
        }),
        _ => false,
    };
    bounds.iter().any(is_static) && bounds.iter().any(is_code)
}

fn bounds_of_where<'a>(signature: &'a Signature, bounds: &mut Vec<&'a syn::TypeParamBound>) {
    for predicate in signature
        .generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates)
    {
        if let syn::WherePredicate::Type(predicate) = predicate {
            bounds.extend(&predicate.bounds);
        }
    }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
}

fn used_as(tree: &UseTree) -> String {
    match tree {
        UseTree::Name(name) => name.ident.to_string(),
        UseTree::Rename(rename) => rename.rename.to_string(),
        _ => panic!("tokio re-exports macros in another way than before"),
    }
}

fn hidden(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| says(attribute, "doc", "hidden"))
}

fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| says(attribute, "cfg", "test"))
}

/// `#[name(word)]`, `#[name(all(word, …))]`.
fn says(attribute: &Attribute, name: &str, word: &str) -> bool {
    attribute.path().is_ident(name)
        && attribute.meta.require_list().is_ok_and(|list| {
            let all = list.tokens.to_string();
            all.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|part| part == word)
                && !all.contains("not")
        })
}
