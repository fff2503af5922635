//! Holds the layout of the workspace: arrows between crates point down only, and some crates stay out of some floors.
//!
//! The rule is a function over arrows, so a planted arrow shows that it bites.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::fmt;

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Packages from the ground up, with what each may depend on. A new package needs a line here.
const FLOORS: &[(&str, &[&str])] = &[
    ("vitrine-core", &[]),
    ("vitrine-format", &["vitrine-core"]),
    ("vitrine-theme", &["vitrine-core"]),
    ("vitrine-codec", &[]),
    ("vitrine-pictures", &["vitrine-codec", "vitrine-core"]),
    ("vitrine-db", &["vitrine-core"]),
    ("vitrine-queue", &["vitrine-core", "vitrine-db"]),
    ("vitrine-objects", &["vitrine-core"]),
    ("vitrine-cdn", &["vitrine-core"]),
    ("vitrine-mail", &["vitrine-core", "vitrine-db"]),
    ("vitrine-telemetry", &["vitrine-core"]),
    ("vitrine-rehearsal", &[]),
    ("vitrine-pricing", &["vitrine-core"]),
    ("vitrine-promotion", &["vitrine-core", "vitrine-db", "vitrine-pricing"]),
    ("vitrine-delivery", &["vitrine-core", "vitrine-db", "vitrine-pricing"]),
    ("vitrine-store", &["vitrine-core", "vitrine-db"]),
    ("vitrine-access", &["vitrine-core", "vitrine-db"]),
    ("vitrine-inventory", &["vitrine-core", "vitrine-db"]),
    ("vitrine-payment", &["vitrine-core", "vitrine-db"]),
    ("vitrine-catalog", &["vitrine-core", "vitrine-db", "vitrine-store"]),
    ("vitrine-content", &["vitrine-core", "vitrine-db", "vitrine-store"]),
    (
        "vitrine-import",
        &[
            "vitrine-core",
            "vitrine-db",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-content",
            "vitrine-inventory",
            "vitrine-pricing",
            "vitrine-promotion",
            "vitrine-delivery",
        ],
    ),
    ("vitrine-intake", &["vitrine-core", "vitrine-db", "vitrine-telemetry", "vitrine-import"]),
    (
        "vitrine-cart",
        &[
            "vitrine-core",
            "vitrine-db",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-inventory",
            "vitrine-pricing",
            "vitrine-promotion",
            "vitrine-delivery",
        ],
    ),
    ("vitrine-order", &["vitrine-core", "vitrine-db", "vitrine-pricing"]),
    (
        "vitrine-checkout",
        &[
            "vitrine-core",
            "vitrine-db",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-inventory",
            "vitrine-pricing",
            "vitrine-promotion",
            "vitrine-delivery",
            "vitrine-cart",
            "vitrine-order",
            "vitrine-payment",
            "vitrine-rehearsal",
        ],
    ),
    (
        "vitrine-generator",
        &[
            "vitrine-core",
            "vitrine-rehearsal",
            "vitrine-format",
            "vitrine-db",
            "vitrine-objects",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-content",
            "vitrine-theme",
            "vitrine-pictures",
        ],
    ),
    (
        "vitrine-letters",
        &[
            "vitrine-core",
            "vitrine-format",
            "vitrine-db",
            "vitrine-mail",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-content",
            "vitrine-payment",
            "vitrine-order",
            "vitrine-checkout",
            "vitrine-theme",
        ],
    ),
    (
        "vitrine-workers",
        &[
            "vitrine-core",
            "vitrine-db",
            "vitrine-queue",
            "vitrine-objects",
            "vitrine-cdn",
            "vitrine-telemetry",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-inventory",
            "vitrine-pricing",
            "vitrine-promotion",
            "vitrine-generator",
            "vitrine-letters",
        ],
    ),
    (
        "vitrine-api",
        &[
            "vitrine-core",
            "vitrine-db",
            "vitrine-telemetry",
            "vitrine-store",
            "vitrine-access",
            "vitrine-intake",
            "vitrine-generator",
            "vitrine-pricing",
            "vitrine-promotion",
            "vitrine-inventory",
            "vitrine-payment",
            "vitrine-catalog",
            "vitrine-cart",
            "vitrine-order",
            "vitrine-checkout",
        ],
    ),
    (
        "vitrine",
        &[
            "vitrine-core",
            "vitrine-db",
            "vitrine-queue",
            "vitrine-objects",
            "vitrine-cdn",
            "vitrine-telemetry",
            "vitrine-mail",
            "vitrine-access",
            "vitrine-intake",
            "vitrine-workers",
            "vitrine-api",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-content",
            "vitrine-import",
            "vitrine-inventory",
            "vitrine-promotion",
            "vitrine-delivery",
            "vitrine-cart",
            "vitrine-payment",
            "vitrine-order",
            "vitrine-checkout",
            "vitrine-generator",
            "vitrine-theme",
            "vitrine-letters",
            "vitrine-pictures",
        ],
    ),
];

/// Outside crates that belong to some packages only, and why.
const KEPT_TO: &[(&str, &[&str], &str)] = &[
    ("axum", &["vitrine", "vitrine-api"], "modules and generator know no HTTP"),
    ("tower-http", &["vitrine", "vitrine-api"], "modules and generator know no HTTP"),
    ("anyhow", &["vitrine"], "libraries have errors with names"),
    ("clap", &["vitrine"], "only the command line reads arguments"),
    ("figment", &["vitrine"], "configuration is read once"),
    ("lapin", &["vitrine-queue"], "one crate speaks AMQP"),
    ("lettre", &["vitrine-mail"], "one crate speaks SMTP"),
    ("aws-sdk-s3", &["vitrine-objects"], "one crate speaks S3"),
    ("aws-sdk-cloudfront", &["vitrine-cdn"], "one crate speaks to CloudFront"),
    ("tera", &["vitrine-theme"], "there is one template engine and one door to it"),
    (
        "sqlx",
        &[
            "vitrine-db",
            "vitrine-queue",
            "vitrine-mail",
            "vitrine-store",
            "vitrine-catalog",
            "vitrine-content",
            "vitrine-access",
            "vitrine-inventory",
            "vitrine-payment",
            "vitrine-intake",
            "vitrine-promotion",
            "vitrine-delivery",
            "vitrine-cart",
            "vitrine-order",
            "vitrine-checkout",
            "vitrine-generator",
            "vitrine-workers",
        ],
        "only those with tables speak SQL",
    ),
];

/// One package needs another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrow {
    from: String,
    to: String,
    /// Tests may use outside crates that the package itself may not.
    only_in_tests: bool,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}

/// What is wrong with the packages and the arrows between them, a sentence each.
fn violations(packages: &[String], arrows: &[Arrow]) -> Vec<String> {
    let homeless = packages.iter().filter(|package| floor(package).is_none());
    let homeless = homeless.map(|package| format!("{package} has no floor in tests/layout.rs"));
    homeless.chain(arrows.iter().filter_map(violation)).collect()
}

fn violation(arrow: &Arrow) -> Option<String> {
    if floor(&arrow.to).is_some() {
        // Tests set up what stands below, and turn on features of their own crate.
        if arrow.only_in_tests && floor(&arrow.to) <= floor(&arrow.from) {
            return None;
        }
        let (_, allowed) = FLOORS.get(floor(&arrow.from)?)?;
        return (!allowed.contains(&arrow.to.as_str())).then(|| format!("{arrow} does not point down"));
    }
    let (_, keepers, why) = KEPT_TO.iter().find(|(name, ..)| *name == arrow.to)?;
    let forbidden = !arrow.only_in_tests && !keepers.contains(&arrow.from.as_str());
    forbidden.then(|| format!("{arrow}: {why}"))
}

fn floor(package: &str) -> Option<usize> {
    FLOORS.iter().position(|(name, _)| *name == package)
}

fn workspace() -> (Vec<String>, Vec<Arrow>) {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap();
    let packages = metadata.workspace_packages();
    let arrows = packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Arrow {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            only_in_tests: dependency.kind == DependencyKind::Development,
        })
    });
    (packages.iter().map(|package| package.name.to_string()).collect(), arrows.collect())
}

fn arrow(from: &str, to: &str) -> Arrow {
    Arrow { from: from.to_owned(), to: to.to_owned(), only_in_tests: false }
}

#[test]
fn the_workspace_keeps_its_layout() {
    let (packages, arrows) = workspace();
    assert!(
        packages.len() >= FLOORS.len() && arrows.len() > packages.len(),
        "nothing was read: {packages:?}"
    );
    let found = violations(&packages, &arrows);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_floor_stands_on_lower_ones() {
    for (number, (package, allowed)) in FLOORS.iter().enumerate() {
        for lower in *allowed {
            assert!(floor(lower).is_some_and(|below| below < number), "{package} -> {lower}");
        }
    }
}

#[test]
fn a_planted_arrow_is_found() {
    for (from, to) in [
        ("vitrine-core", "vitrine-db"),
        ("vitrine-store", "vitrine-catalog"),
        ("vitrine-catalog", "vitrine-content"),
        ("vitrine-content", "vitrine-catalog"),
        ("vitrine-generator", "vitrine-import"),
        ("vitrine-import", "vitrine"),
        ("vitrine-theme", "vitrine-catalog"),
        ("vitrine-theme", "sqlx"),
        ("vitrine-catalog", "axum"),
        ("vitrine-generator", "anyhow"),
    ] {
        assert_eq!(violations(&[], &[arrow(from, to)]).len(), 1, "{from} -> {to}");
    }
}

#[test]
fn what_the_layout_allows_is_not_found() {
    let down = [
        arrow("vitrine-generator", "vitrine-catalog"),
        arrow("vitrine", "axum"),
        arrow("vitrine-core", "serde"),
    ];
    let tests = [
        ("vitrine-import", "axum"),
        ("vitrine-import", "vitrine-import"),
        ("vitrine-api", "vitrine-catalog"),
    ]
    .map(|(from, to)| Arrow { only_in_tests: true, ..arrow(from, to) });
    assert_eq!(violations(&[], &down), Vec::<String>::new());
    assert_eq!(violations(&[], &tests), Vec::<String>::new());
    let up = Arrow { only_in_tests: true, ..arrow("vitrine-catalog", "vitrine-import") };
    assert_eq!(violations(&[], &[up]).len(), 1);
}

#[test]
fn a_package_without_a_floor_is_found() {
    let found = violations(&["vitrine-utils".to_owned()], &[]);
    assert_eq!(found, ["vitrine-utils has no floor in tests/layout.rs"]);
}
