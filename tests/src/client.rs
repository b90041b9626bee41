//! A client of the API, as a program that its users would write.

use anyhow::{Context as _, ensure};
use reqwest::{
    Method, RequestBuilder,
    header::{AUTHORIZATION, HeaderMap, HeaderValue, ORIGIN},
    redirect::Policy,
};
use serde_json::{Value, json};

use crate::world::PASSWORD;

/// Asks a server, as somebody or as nobody.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    token: Option<String>,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Which request this is the answer to.
    pub request: String,
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body, null unless it is JSON.
    pub body: Value,
}

impl Client {
    /// A client of the server at `address`, not signed in.
    pub fn new(address: &str) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).build();
        Self {
            // It fails where reqwest::Client::new() panics.
            http: http.unwrap_or_default(),
            address: address.to_owned(),
            token: None,
        }
    }

    /// The same server, as the holder of `token`.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// Signs in with the password that every account of a [`World`](crate::world::World) has.
    pub async fn sign_in(&self, email: &str) -> anyhow::Result<Self> {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let answer = self.post("/api/v1/session", credentials).await?;
        let answer = answer.expect(201)?;
        let token = answer.body["token"].as_str().context("no token")?;
        Ok(self.with_token(token))
    }

    /// A request for whatever the other functions do not offer; see [`Client::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// A request with a JSON body, under an `Idempotency-Key`.
    pub async fn once(
        &self,
        key: &str,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let request = self.request(method.clone(), path);
        let request = request.header("idempotency-key", key);
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        self.send(request).await
    }

    /// `POST` with what a form of ours holds, which says that it comes from here.
    pub async fn send_form(
        &self,
        path: &str,
        fields: &[(String, String)],
    ) -> anyhow::Result<Answer> {
        let request = self.request(Method::POST, path);
        let request = request.header(ORIGIN, &self.address).form(fields);
        self.send(request).await
    }

    /// Sends a request, and reads the whole answer; where it sends one on to, nobody goes.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        let request = request.build()?;
        let name = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await?;
        Ok(Answer {
            request: name,
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
        })
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST` with a JSON body.
    pub async fn post(&self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&self, path: &str, body: Value) -> anyhow::Result<Answer> {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }
}

impl Answer {
    /// Fails, with the whole answer, unless it has this status.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        ensure!(self.status == status, "expected {status}, got {self:#?}");
        Ok(self)
    }

    /// Fails unless it is a problem (RFC 9457) of this status and code, complete and consistent.
    pub fn expect_problem(self, status: u16, code: &str) -> anyhow::Result<Self> {
        let answer = self.expect(status)?;
        let media = answer
            .headers
            .get("content-type")
            .map(HeaderValue::as_bytes);
        ensure!(
            media.is_some_and(|media| media.starts_with(b"application/problem+json")),
            "not a problem: {answer:#?}"
        );
        let body = &answer.body;
        ensure!(
            body["code"] == code && body["status"] == status,
            "expected {code}, got {answer:#?}"
        );
        for member in ["type", "title", "detail"] {
            let text = body[member].as_str().unwrap_or_default();
            ensure!(!text.is_empty(), "no {member} in {answer:#?}");
        }
        Ok(answer)
    }

    /// The value at a JSON pointer (RFC 6901), as text.
    pub fn text_at(&self, pointer: &str) -> anyhow::Result<String> {
        let value = self.body.pointer(pointer).and_then(Value::as_str);
        Ok(value
            .with_context(|| format!("no text at {pointer} in {self:#?}"))?
            .to_owned())
    }

    /// The `items` of a list.
    pub fn items(&self) -> anyhow::Result<&Vec<Value>> {
        self.body["items"]
            .as_array()
            .with_context(|| format!("not a list: {self:#?}"))
    }
}
