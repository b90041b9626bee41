//! What every page owes everybody: nothing that axe-core or html-validate finds, light and dark, wide and narrow,
//! and little to load.

mod examine;
mod pages;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use acceptance::engine::{self, Engine};
use anyhow::ensure;

use self::examine::Examiner;

/// On one engine: no page shows which one it is. All that is wrong is said at once, page by page.
#[test]
fn every_page_is_for_everybody() -> anyhow::Result<()> {
    engine::run(async {
        let mut exam = Examiner::new(Engine::Sqlite).await?;
        pages::visit(&mut exam).await?;
        let missing: Vec<_> = templates()?.difference(&exam.seen).cloned().collect();
        ensure!(
            missing.is_empty(),
            "pages that `rules/pages.rs` does not visit: {missing:#?}"
        );
        exam.verdict()
    })
}

/// Every template that is a page of its own.
fn templates() -> anyhow::Result<BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pages/src");
    let (mut found, mut folders) = (BTreeSet::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_page(&path)? {
                let path: PathBuf = path.strip_prefix(&root)?.into();
                found.insert(path.to_string_lossy().into_owned());
            }
        }
    }
    ensure!(
        found.len() > 20,
        "few pages in {}: {found:?}",
        root.display()
    );
    Ok(found)
}

/// What extends the frame, and is no frame itself.
fn is_page(path: &Path) -> anyhow::Result<bool> {
    if path.extension().is_none_or(|end| end != "html") {
        return Ok(false);
    }
    let text = fs::read_to_string(path)?;
    Ok(text.contains("{% extends") && !text.contains("{% block body %}"))
}
