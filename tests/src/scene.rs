//! Where most tests begin: a school, a server, and the school's head signed in.

use std::fmt::Display;

use anyhow::Context as _;
use domain::values::Role;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Client},
    engine::Engine,
    mail::Mailbox,
    server::Server,
    world::{School, Size, World},
};

/// A server on a database with one registered school.
pub struct Scene {
    /// The database and its write side.
    pub world: World,
    /// The server.
    pub server: Server,
    /// The messages that the server wrote to its folder.
    pub mailbox: Mailbox,
    /// The school.
    pub school: School,
    /// Its head, signed in.
    pub head: Client,
}

impl Scene {
    /// Sets it up on `engine`, with a school of this size.
    pub async fn new(engine: Engine, size: Size) -> anyhow::Result<Self> {
        Self::with(engine, size, &[]).await
    }

    /// The same with more settings for the server, as environment variables.
    pub async fn with(
        engine: Engine,
        size: Size,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let world = World::new(engine).await?;
        let school = world.school(size).await?;
        let server = Server::start_with(&world.database.url, settings)?;
        let head = server.client().sign_in(school.email(Role::Head)).await?;
        let mailbox = server.mailbox();
        Ok(Self {
            world,
            server,
            mailbox,
            school,
            head,
        })
    }

    /// Somebody of the school's staff, signed in.
    pub async fn staff(&self, role: Role) -> anyhow::Result<Client> {
        self.server.client().sign_in(self.school.email(role)).await
    }

    /// The school's class list, as its head sees it.
    pub async fn classes(&self) -> anyhow::Result<Value> {
        let answer = self.head.get(&self.school.path("/classes")).await?;
        Ok(answer.expect(200)?.body)
    }

    /// How many pupils a class shows.
    pub async fn student_count(&self, class: impl Display) -> anyhow::Result<u64> {
        let answer = self.head.get(&format!("/api/v1/classes/{class}")).await?;
        let answer = answer.expect(200)?;
        let count = answer.body["student_count"].as_u64();
        count.with_context(|| format!("no count in {answer:#?}"))
    }

    /// Asks for roster changes as the head.
    pub async fn roster(&self, changes: Value) -> anyhow::Result<Answer> {
        let body = json!({ "changes": changes });
        self.head.post(&self.school.path("/roster"), body).await
    }

    /// Asks for roster changes that must succeed, and gives their outcome.
    pub async fn move_students(&self, changes: Value) -> anyhow::Result<Value> {
        Ok(self.roster(changes).await?.expect(200)?.body)
    }
}
