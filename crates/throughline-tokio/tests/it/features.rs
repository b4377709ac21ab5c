//! tokio's features, forwarded.

use crate::tokio_package::package;
use std::collections::BTreeSet;

fn features(of: &str) -> &'static serde_json::Map<String, serde_json::Value> {
    package(of)["features"].as_object().expect("features")
}

fn enables(of: &str, feature: &str) -> BTreeSet<&'static str> {
    features(of)[feature]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it.as_str().expect("a name"))
        .collect()
}

#[test]
fn each_feature_of_tokios_is_here_under_its_name_and_no_other() {
    let names = |of| features(of).keys().collect::<BTreeSet<_>>();
    assert_eq!(names("throughline-tokio"), names("tokio"));
}

#[test]
fn each_feature_turns_on_that_of_tokios() {
    for feature in features("tokio").keys() {
        match feature.as_str() {
            // Groups of others.
            "full" | "default" => {
                assert_eq!(enables("throughline-tokio", feature), enables("tokio", feature))
            }
            _ => {
                let forwarded = format!("tokio/{feature}");
                assert!(
                    enables("throughline-tokio", feature).contains(&*forwarded),
                    "{feature}"
                );
            }
        }
    }
}

/// What of ours is behind the feature `rt` is there as soon as tokio's is: with each feature that has `rt` in tokio.
#[test]
fn a_feature_that_has_others_in_tokio_has_them_here() {
    let names: BTreeSet<_> = features("tokio").keys().map(String::as_str).collect();
    for feature in &names {
        // Those that turn on a dependency by name are tokio's own affair.
        let ours: BTreeSet<_> = ["rt", "rt-multi-thread", "sync", "time"].into();
        for inner in enables("tokio", feature).intersection(&ours) {
            assert!(
                enables("throughline-tokio", feature).contains(inner),
                "{feature} has {inner}"
            );
        }
    }
}

/// The package for `[patch]` is no member of the workspace, so its manifest is read as text.
#[test]
fn the_package_for_patch_has_them_too() {
    let manifest = include_str!("../../patch/Cargo.toml");
    let (_, features_on) = manifest.split_once("[features]").expect("features");
    let (listed, _) = features_on.split_once("[dependencies]").expect("the end of them");
    for feature in features("tokio").keys() {
        let line = listed
            .lines()
            .find(|line| line.starts_with(&format!("{feature} = ")));
        let line = line.unwrap_or_else(|| panic!("{feature} is missing"));
        let group = ["full", "default"].contains(&feature.as_str());
        assert!(group || line.contains(&format!("\"tokio/{feature}\"")), "{line}");
    }
}
