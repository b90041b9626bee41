//! The files that pages refer to, in the program itself. Their address holds a hash of what they say, so that
//! a browser keeps them for good and never shows an older one.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderName, StatusCode, header},
    routing::get,
};
use sha2::{Digest as _, Sha256};
use web::AppState;

/// How many bytes of the hash an address holds.
const HASH: usize = 6;

struct Asset {
    path: String,
    media_type: &'static str,
    body: &'static str,
}

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, body: &'static str) -> Self {
        let hash = hex::encode(&Sha256::digest(body)[..HASH]);
        Self {
            path: format!("/static/{name}.{hash}.{extension}"),
            media_type,
            body,
        }
    }
}

static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("style.css");
    Asset::new("style", "css", "text/css; charset=utf-8", body)
});

static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("icon.svg")));

static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("page.js");
    Asset::new("page", "js", "text/javascript; charset=utf-8", body)
});

static SEARCH: LazyLock<Asset> = LazyLock::new(|| {
    let body = include_str!("search.js");
    Asset::new("search", "js", "text/javascript; charset=utf-8", body)
});

/// Where the script is that searches while one types.
pub(crate) fn search() -> &'static str {
    &SEARCH.path
}

/// Where the script is that eases some pages.
pub(crate) fn script() -> &'static str {
    &SCRIPT.path
}

/// Where the icon of the window is.
pub(crate) fn icon() -> &'static str {
    &ICON.path
}

/// Where the style sheet is.
pub(crate) fn style() -> &'static str {
    &STYLE.path
}

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/static/{file}", get(serve))
}

type Found = ([(HeaderName, &'static str); 2], &'static str);

async fn serve(Path(file): Path<String>) -> Result<Found, StatusCode> {
    let all = [&*STYLE, &*SCRIPT, &*SEARCH, &*ICON];
    let named = |asset: &&&Asset| asset.path.strip_prefix("/static/") == Some(&*file);
    let asset = all.iter().find(named).ok_or(StatusCode::NOT_FOUND)?;
    let for_good = "public, max-age=31536000, immutable";
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, for_good),
    ];
    Ok((headers, asset.body))
}
