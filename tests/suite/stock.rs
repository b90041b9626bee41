//! The log is in the format of `postgres-es` and `sqlite-es`: nobody depends on this program to read
//! it.

use std::{collections::BTreeMap, fmt::Debug};

use acceptance::{audit, engine::Engine, on_both_engines, scene::Scene, world::Size};
use anyhow::{bail, ensure};
use cqrs_es::{
    Aggregate, EventStore as _,
    persist::{PersistedEventRepository, PersistedEventStore},
};
use postgres_es::PostgresEventRepository;
use serde_json::json;
use sqlite_es::SqliteEventRepository;
use sqlx::{PgPool, SqlitePool};

on_both_engines!(a_stock_repository_loads_every_aggregate);

/// Should this program be given up one day, its history must open with the libraries that others use
/// for theirs. The stock repository, unchanged, must make the same aggregates of it as we do.
async fn a_stock_repository_loads_every_aggregate(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 3,
        students_per_class: 2,
        without_class: 2,
    };
    let scene = Scene::new(engine, size).await?;
    let (class, pupils) = &scene.school.classes[0];
    let path = format!("/api/v1/classes/{class}");
    let change = json!({ "name": "3e Noether", "track": "troisieme_prepa_metiers" });
    scene.head.patch(&path, change).await?.expect(200)?;
    scene
        .move_students(json!([
            { "student_id": pupils[0], "class_id": scene.school.class(1) },
            { "student_id": pupils[1], "not_in_establishment": true },
            { "student_id": scene.school.without_class[0], "class_id": scene.school.class(2) },
        ]))
        .await?;
    scene.head.delete(&path).await?.expect(204)?;
    let truth = audit::everything(scene.world.store()).await?;

    let url = &scene.world.database.url;
    match engine {
        Engine::Postgres => {
            let pool = PgPool::connect(url).await?;
            all_the_same(&truth, || PostgresEventRepository::new(pool.clone())).await
        }
        Engine::Sqlite => {
            let pool = SqlitePool::connect(url).await?;
            all_the_same(&truth, || SqliteEventRepository::new(pool.clone())).await
        }
    }
}

async fn all_the_same<R: PersistedEventRepository>(
    truth: &audit::Truth,
    repository: impl Fn() -> R,
) -> anyhow::Result<()> {
    same(&truth.establishments, repository()).await?;
    same(&truth.classes, repository()).await?;
    same(&truth.students, repository()).await
}

async fn same<K: ToString, A, R>(ours: &BTreeMap<K, A>, repository: R) -> anyhow::Result<()>
where
    A: Aggregate + PartialEq + Debug,
    R: PersistedEventRepository,
{
    ensure!(!ours.is_empty(), "nothing to compare of {}", A::TYPE);
    let stock = PersistedEventStore::<R, A>::new_event_store(repository);
    for (id, ours) in ours {
        let id = id.to_string();
        let theirs = match stock.load_aggregate(&id).await {
            Ok(context) => context.aggregate,
            Err(error) => bail!("the stock repository at {id}: {error}"),
        };
        ensure!(theirs == *ours, "{id}: {theirs:#?}, not {ours:#?}");
    }
    Ok(())
}
