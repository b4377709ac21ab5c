//! A signature, as far as whoever calls it can tell.

use quote::ToTokens;
use std::collections::BTreeSet;
use syn::{FnArg, GenericParam, ReturnType, Signature, TypeParamBound, WherePredicate};

/// Types are by their last names and type parameters by their places, so that it does not matter what is imported and how parameters are called.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    is_async: bool,
    parameters: usize,
    inputs: Vec<String>,
    output: String,
    /// Wherever they are written.
    bounds: BTreeSet<String>,
}

impl Shape {
    /// Of a function, in the implementation of a type that is called `of`.
    pub(crate) fn of(of: Option<&str>, signature: &Signature) -> Self {
        let parameters = type_parameters(signature);
        let of_words = |words: &str| text(words, of, &parameters);
        let text = |tokens: &dyn ToTokens| of_words(&tokens.to_token_stream().to_string());
        let inputs = signature.inputs.iter().map(|input| match input {
            // `mut self` is `self` to a caller.
            FnArg::Receiver(receiver) => text(receiver).trim_start_matches("mut ").to_owned(),
            FnArg::Typed(typed) => text(&typed.ty),
        });
        Shape {
            is_async: signature.asyncness.is_some(),
            parameters: parameters.len(),
            inputs: inputs.collect(),
            output: match &signature.output {
                ReturnType::Default => "()".to_owned(),
                ReturnType::Type(_, output) => text(output),
            },
            bounds: bounds(signature)
                .into_iter()
                .map(|(of, bound)| format!("{}: {}", of_words(&of), text(&bound)))
                .collect(),
        }
    }
}

fn type_parameters(signature: &Signature) -> Vec<String> {
    let parameters = signature.generics.params.iter();
    parameters
        .filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter.ident.to_string()),
            _ => None,
        })
        .collect()
}

/// Each by itself, with what it is a bound of.
fn bounds(signature: &Signature) -> Vec<(String, TypeParamBound)> {
    let mut all = Vec::new();
    for parameter in &signature.generics.params {
        if let GenericParam::Type(parameter) = parameter {
            let of = parameter.ident.to_string();
            all.extend(parameter.bounds.iter().map(|bound| (of.clone(), bound.clone())));
        }
    }
    let predicates = signature
        .generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    for predicate in predicates {
        if let WherePredicate::Type(predicate) = predicate {
            let of = predicate.bounded_ty.to_token_stream().to_string();
            all.extend(predicate.bounds.iter().map(|bound| (of.clone(), bound.clone())));
        }
    }
    all
}

fn text(tokens: &str, of: Option<&str>, parameters: &[String]) -> String {
    let words: Vec<_> = tokens.split_whitespace().collect();
    let is_module = |n: usize| {
        let leads_on = words.get(n + 1) == Some(&"::");
        words[n] == "::" || (leads_on && !parameters.iter().any(|parameter| parameter == words[n]))
    };
    let named = |n: usize| {
        let word = words[n];
        match parameters.iter().position(|parameter| parameter == word) {
            Some(place) => format!("${place}"),
            None if Some(word) == of => "Self".to_owned(),
            None => word.to_owned(),
        }
    };
    let all: Vec<_> = (0..words.len()).filter(|&n| !is_module(n)).map(named).collect();
    all.join(" ")
}
