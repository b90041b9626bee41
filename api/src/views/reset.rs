use chrono::{DateTime, Utc};
use domain::{ids::CorrelationId, values::SchoolYear};
use projections::resets::ResetItem;
use serde::Serialize;
use utoipa::ToSchema;

use super::ActorView;

/// What one run of the yearly reset did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reset)]
pub struct ResetView {
    /// Which run: the `correlation_id` of its events.
    #[schema(value_type = Uuid)]
    pub run: CorrelationId,
    /// The school year that it opened, by the year it starts in.
    #[schema(value_type = i32, example = 2027)]
    pub school_year: SchoolYear,
    /// In how many establishments.
    #[schema(example = 1_092)]
    pub establishments: i64,
    /// How many classes were purged.
    #[schema(example = 4_368)]
    pub classes: i64,
    /// How many students were released.
    #[schema(example = 122_304)]
    pub students: i64,
    /// When the year was opened in the first establishment.
    pub started_at: DateTime<Utc>,
    /// When in the last.
    pub finished_at: DateTime<Utc>,
    /// Who ran it.
    pub actor: ActorView,
}

impl From<ResetItem> for ResetView {
    fn from(item: ResetItem) -> Self {
        Self {
            run: item.run,
            school_year: item.school_year,
            establishments: item.establishments,
            classes: item.classes,
            students: item.students,
            started_at: item.started_at,
            finished_at: item.finished_at,
            actor: ActorView {
                id: item.actor_id,
                name: item.actor_name,
                role: item.actor_role,
            },
        }
    }
}
