//! People who sign up: what they type into the form, and what they do with the message that comes.

use std::fmt::Display;

use domain::values::Role;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    mail::{Kind, Mailbox},
    world::PASSWORD,
};

/// The form of somebody of the staff.
pub fn staff(role: Role, uai: impl Display, email: &str) -> Value {
    json!({
        "role": role.as_str(),
        "uai": uai.to_string(),
        "email": email,
        "password": PASSWORD,
        "first_name": "Dominique",
        "last_name": "Exemple",
    })
}

/// The form of a pupil, who knows their class or not.
pub fn pupil(uai: impl Display, email: &str, class: Option<&str>) -> Value {
    let mut form = staff(Role::Student, uai, email);
    form["birth_date"] = json!("2012-05-17");
    if let Some(class) = class {
        form["class_id"] = json!(class);
    }
    form
}

/// What the head types to invite somebody.
pub fn invitation(role: Role, email: &str) -> Value {
    json!({
        "role": role.as_str(),
        "email": email,
        "first_name": "Dominique",
        "last_name": "Exemple",
    })
}

/// What somebody types who follows an invitation: the rest of the form stands there already.
pub fn invited(token: &str) -> Value {
    json!({ "invitation": token, "password": PASSWORD })
}

impl Client {
    /// Sends a form.
    pub async fn sign_up(&self, form: &Value) -> anyhow::Result<Answer> {
        self.post("/api/v1/accounts", form.clone()).await
    }

    /// Follows the link in an activation message.
    pub async fn activate(&self, token: &str) -> anyhow::Result<Answer> {
        self.post("/api/v1/accounts/activation", json!({ "token": token }))
            .await
    }

    /// Asks for the activation message once more.
    pub async fn resend_activation(&self, email: &str) -> anyhow::Result<Answer> {
        let body = json!({ "email": email });
        self.post("/api/v1/accounts/activation/resend", body).await
    }

    /// Says that the password is forgotten.
    pub async fn forget_password(&self, email: &str) -> anyhow::Result<Answer> {
        let body = json!({ "email": email });
        self.post("/api/v1/accounts/password-reset", body).await
    }

    /// Follows the link in a password message.
    pub async fn set_password(&self, token: &str, password: &str) -> anyhow::Result<Answer> {
        let body = json!({ "token": token, "password": password });
        self.post("/api/v1/accounts/password", body).await
    }

    /// Tries to sign in.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> anyhow::Result<Answer> {
        let body = json!({ "email": email, "password": password });
        self.post("/api/v1/session", body).await
    }

    /// Signs up, activates the account and signs in.
    pub async fn join(&self, mailbox: &Mailbox, form: &Value) -> anyhow::Result<Self> {
        let email = form["email"].as_str().unwrap_or_default();
        self.sign_up(form).await?.expect(202)?;
        let token = mailbox.token(email, Kind::Activation).await?;
        self.activate(&token).await?.expect(200)?;
        self.sign_in(email).await
    }

    /// The account of whoever is signed in.
    pub async fn account(&self) -> anyhow::Result<Value> {
        let answer = self.get("/api/v1/session").await?.expect(200)?;
        Ok(answer.body["account"].clone())
    }
}
