//! Which crate may know which: `domain` ← `store` ← `commands`, `projections`, `mail` ← `accounts` ← `web` ←
//! `api`, `pages` ← `cli`.

mod tables;

use std::collections::BTreeSet;

use anyhow::Context as _;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

/// What a crate may name among the others, and the crates of the world that would bring it what it must not
/// know.
struct Rule {
    name: &'static str,
    may_know: &'static [&'static str],
    must_not: &'static [&'static str],
}

const RULES: [Rule; 10] = [
    Rule {
        name: "domain",
        may_know: &[],
        must_not: &[
            "sqlx",
            "axum",
            "tokio",
            "tower",
            "reqwest",
            "chrono/clock",
            "rand",
            "tracing",
        ],
    },
    Rule {
        name: "store",
        may_know: &["domain"],
        must_not: &["axum", "tower", "utoipa"],
    },
    Rule {
        name: "commands",
        may_know: &["domain", "store"],
        must_not: &["axum", "tower", "sqlx", "utoipa"],
    },
    Rule {
        name: "projections",
        may_know: &["domain", "store"],
        must_not: &["axum", "tower", "utoipa"],
    },
    Rule {
        name: "mail",
        may_know: &["domain", "store"],
        must_not: &["axum", "tower", "utoipa"],
    },
    Rule {
        name: "accounts",
        may_know: &["domain", "store", "commands", "projections", "mail"],
        must_not: &["axum", "tower", "utoipa"],
    },
    Rule {
        name: "web",
        may_know: &["domain", "store", "commands", "projections", "accounts"],
        must_not: &["sqlx", "utoipa"],
    },
    Rule {
        name: "api",
        may_know: &[
            "domain",
            "store",
            "commands",
            "projections",
            "accounts",
            "web",
        ],
        must_not: &["sqlx"],
    },
    Rule {
        name: "pages",
        may_know: &[
            "domain",
            "store",
            "commands",
            "projections",
            "accounts",
            "web",
        ],
        must_not: &["sqlx", "utoipa"],
    },
    Rule {
        name: "cli",
        may_know: &[
            "domain",
            "store",
            "commands",
            "projections",
            "mail",
            "accounts",
            "web",
            "api",
            "pages",
        ],
        must_not: &["sqlx"],
    },
];

/// The design rests on these arrows: rules that know no SQL can be tested without a database, a
/// read model that knows no command can be rebuilt from the log alone. Nothing else would notice a
/// line added to a `Cargo.toml` that makes a short cut.
#[test]
fn crates_know_only_what_the_design_allows() -> anyhow::Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let members: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for Rule {
        name,
        may_know,
        must_not,
    } in RULES
    {
        let used = dependencies(&metadata, name)?;
        let inside: BTreeSet<&str> = used
            .iter()
            .map(String::as_str)
            .filter(|used| members.contains(used))
            .collect();
        let allowed: BTreeSet<&str> = may_know.iter().copied().collect();
        assert!(
            inside.is_subset(&allowed),
            "{name} may know {allowed:?}, and names {inside:?}"
        );
        for outside in must_not {
            assert!(!used.contains(*outside), "{name} must not know {outside}");
        }
    }
    Ok(())
}

/// What a crate names in its normal and build dependencies, and `name/feature` for each feature it
/// asks for. Its tests may name more.
fn dependencies(metadata: &Metadata, name: &str) -> anyhow::Result<BTreeSet<String>> {
    let package = metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == name)
        .with_context(|| format!("there is no crate {name}"))?;
    let mut used = BTreeSet::new();
    for dependency in &package.dependencies {
        if dependency.kind != DependencyKind::Development {
            let features = dependency.features.iter();
            used.extend(features.map(|feature| format!("{}/{feature}", dependency.name)));
            used.insert(dependency.name.clone());
        }
    }
    Ok(used)
}
