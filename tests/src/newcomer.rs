//! People who sign up: what they type into the form, and what they do with the message that comes.

use std::fmt::Display;

use accounts::{
    invitee::Invitee,
    person::NewPeople,
    sign_up::SignUp,
    token::{self, Purpose},
};
use commands::invite_staff::InviteStaff;
use domain::{
    ids::{ClassId, InvitationId, PersonId},
    values::{EmailAddress, Role, StaffRole, Uai},
};
use serde_json::{Value, json};
use store::Write;
use uuid::Uuid;

use crate::{
    client::{Answer, Client},
    mail::{Kind, Mailbox},
    world::{Account, PASSWORD, World, people::person},
};

/// The form of somebody of the staff.
pub fn staff(role: Role, uai: impl Display, email: &str) -> Value {
    json!({
        "role": role.as_str(),
        "uai": uai.to_string(),
        "email": email,
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

    /// Follows the link in an activation message, and chooses the password that every account of a
    /// [`World`] has.
    pub async fn activate(&self, token: &str) -> anyhow::Result<Answer> {
        self.activate_with(token, PASSWORD).await
    }

    /// Follows the link in an activation message, and chooses this password.
    pub async fn activate_with(&self, token: &str, password: &str) -> anyhow::Result<Answer> {
        let body = json!({ "token": token, "password": password });
        self.post("/api/v1/accounts/activation", body).await
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

    /// Signs up and activates the account, which signs in.
    pub async fn join(&self, mailbox: &Mailbox, form: &Value) -> anyhow::Result<Self> {
        let email = form["email"].as_str().unwrap_or_default();
        self.sign_up(form).await?.expect(202)?;
        let token = mailbox.token(email, Kind::Activation).await?;
        let activated = self.activate(&token).await?.expect(200)?;
        Ok(self.with_token(&activated.text_at("/token")?))
    }

    /// The account of whoever is signed in.
    pub async fn account(&self) -> anyhow::Result<Value> {
        let answer = self.get("/api/v1/session").await?.expect(200)?;
        Ok(answer.body["account"].clone())
    }
}

/// The same straight in the database, for tests of what comes after: no message to wait for.
impl World {
    /// Signs somebody up, and gives the token that proves their address.
    pub async fn signed_up(&self, role: Role, uai: &Uai, email: &str) -> anyhow::Result<String> {
        let clock = self.commands.clock();
        let id = PersonId::new(clock.new_uuid());
        let sign_up = SignUp {
            id,
            email: EmailAddress::parse(email)?,
            role,
            establishment: uai.clone(),
            class: None,
            created_at: clock.now(),
        };
        let person = NewPeople(vec![person(id, "Dominique", None)?]);
        self.write(&[&person, &sign_up]).await?;
        self.token(Purpose::Activation, id.as_uuid()).await
    }

    /// Invites somebody, and gives the token in their link.
    pub async fn invited(
        &self,
        role: StaffRole,
        class: Option<ClassId>,
        uai: &Uai,
        email: &str,
    ) -> anyhow::Result<String> {
        let clock = self.commands.clock();
        let invitation = InvitationId::new(clock.new_uuid());
        let invite = InviteStaff {
            establishment: uai.clone(),
            invitation,
            role,
            class,
        };
        let invitee = Invitee {
            invitation,
            establishment: uai.clone(),
            email: EmailAddress::parse(email)?,
            expires_at: clock.now() + Purpose::Invitation.lifetime(),
        };
        let id = PersonId::new(invitation.as_uuid());
        let person = NewPeople(vec![person(id, "Dominique", None)?]);
        let writes: [&dyn Write; 2] = [&person, &invitee];
        let by = self.by();
        self.commands.execute_with(&by, &invite, &writes).await?;
        self.token(Purpose::Invitation, invitation.as_uuid()).await
    }

    /// Gives the token of a link that sets another password for this account.
    pub async fn forgotten(&self, account: &Account) -> anyhow::Result<String> {
        self.token(Purpose::PasswordReset, account.id.as_uuid())
            .await
    }

    async fn token(&self, purpose: Purpose, subject: Uuid) -> anyhow::Result<String> {
        let clock = self.commands.clock();
        let message = clock.new_uuid();
        let mut transaction = self.store().begin().await?;
        let conn = &mut transaction.conn();
        let token = token::issue(conn, purpose, subject, message, clock).await?;
        transaction.commit().await?;
        Ok(token.expose().to_owned())
    }
}
