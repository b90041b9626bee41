//! A browser without scripts: it keeps the cookie, follows where it is sent, and says where it comes from.

use anyhow::{Context as _, ensure};
use reqwest::{
    RequestBuilder,
    header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE},
    redirect::Policy,
};

use crate::world::PASSWORD;

/// How often it lets itself be sent elsewhere.
const MOST_REDIRECTS: usize = 5;

/// Somebody's browser, on one server.
pub struct Browser {
    http: reqwest::Client,
    address: String,
    cookie: Option<String>,
    origin: String,
}

/// A page that it shows.
#[derive(Debug)]
pub struct Shown {
    /// Where, with what follows the path.
    pub path: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The page.
    pub html: String,
}

impl Browser {
    /// One that has never been on this server.
    pub fn new(address: &str) -> anyhow::Result<Self> {
        Ok(Self {
            http: reqwest::Client::builder()
                .redirect(Policy::none())
                .build()?,
            address: address.to_owned(),
            cookie: None,
            origin: address.to_owned(),
        })
    }

    /// The same person on another site's page, which sends forms here.
    #[must_use]
    pub fn from_elsewhere(&self) -> Self {
        Self {
            http: self.http.clone(),
            address: self.address.clone(),
            cookie: self.cookie.clone(),
            origin: "https://ailleurs.test".to_owned(),
        }
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> anyhow::Result<Shown> {
        let request = self.http.get(format!("{}{path}", self.address));
        self.follow(request, path.to_owned()).await
    }

    /// Sends a form.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Shown> {
        let request = self.http.post(format!("{}{path}", self.address));
        let request = request.header(ORIGIN, &self.origin).form(fields);
        self.follow(request, path.to_owned()).await
    }

    /// Signs in by the form.
    pub async fn sign_in(&mut self, email: &str) -> anyhow::Result<Shown> {
        let fields = [("email", email), ("password", PASSWORD)];
        self.send("/connexion", &fields).await?.expect(200)
    }

    /// Forgets the session, as when it ended.
    pub fn forget(&mut self) {
        self.cookie = None;
    }

    async fn follow(
        &mut self,
        mut request: RequestBuilder,
        mut path: String,
    ) -> anyhow::Result<Shown> {
        for _ in 0..MOST_REDIRECTS {
            if let Some(cookie) = &self.cookie {
                request = request.header(COOKIE, cookie);
            }
            let response = request.send().await?;
            let (status, headers) = (response.status(), response.headers().clone());
            if let Some(cookie) = headers.get(SET_COOKIE) {
                let pair = cookie.to_str()?.split(';').next();
                self.cookie = pair.map(str::to_owned);
            }
            let Some(place) = headers.get(LOCATION) else {
                return Ok(Shown {
                    path,
                    status: status.as_u16(),
                    headers,
                    html: response.text().await?,
                });
            };
            ensure!(status == 303, "sent on with {status}");
            path = place.to_str()?.to_owned();
            ensure!(path.starts_with('/'), "sent to {path}");
            request = self.http.get(format!("{}{path}", self.address));
        }
        anyhow::bail!("sent on and on, last to {path}")
    }
}

impl Shown {
    /// Fails, with the whole page, unless it has this status.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "expected {status}, got {self:#?}");
        Ok(self)
    }

    /// Fails, with the whole page, unless it shows this.
    pub fn shows(self, text: &str) -> anyhow::Result<Self> {
        ensure!(self.text().contains(text), "no {text:?} in {self:#?}");
        Ok(self)
    }

    /// The key of its forms, by which each is carried out once.
    pub fn key(&self) -> anyhow::Result<&str> {
        let field = self.html.split_once("name=\"_cle\" value=\"");
        let key = field.and_then(|(_, rest)| rest.split_once('"'));
        Ok(key.with_context(|| format!("no key in {self:#?}"))?.0)
    }

    /// What it shows: the page, its entities read.
    pub fn text(&self) -> String {
        let entities = [
            ("&#39;", "'"),
            ("&#34;", "\""),
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#38;", "&"),
        ];
        let text = self.html.clone();
        entities
            .into_iter()
            .fold(text, |text, (entity, letter)| text.replace(entity, letter))
    }

    /// A header, as text.
    pub fn header(&self, name: &str) -> anyhow::Result<&str> {
        let value = self.headers.get(name);
        Ok(value.with_context(|| format!("no {name}"))?.to_str()?)
    }
}
