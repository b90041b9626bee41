//! Our own path: the use cases.

use async_trait::async_trait;
use commands::{
    By, Commands,
    change_roster::{ChangeRoster, Destination, RosterChange},
    edit_class::EditClass,
};
use domain::{ids::CorrelationId, values::ClassName};

use crate::contender::{Contender, School};

/// The use cases, as the HTTP handlers call them.
pub(crate) struct Ours(pub(crate) Commands);

impl Ours {
    fn by(&self) -> By {
        By::system(CorrelationId::new(self.0.clock().new_uuid()))
    }
}

#[async_trait]
impl Contender for Ours {
    async fn rename(&self, school: &School, class: usize, to: &ClassName) -> anyhow::Result<()> {
        let edit = EditClass {
            establishment: school.uai.clone(),
            class: school.classes[class].id,
            name: Some(to.clone()),
            track: None,
            expected_versions: None,
        };
        Ok(self.0.execute(&self.by(), &edit).await?)
    }

    async fn change_roster(&self, school: &School, moves: &[(usize, usize)]) -> anyhow::Result<()> {
        let changes = moves
            .iter()
            .map(|(student, to)| {
                let student = &school.students[*student];
                RosterChange {
                    student: student.id,
                    to: Destination::Class(school.classes[*to].id),
                    expected: Some(Some(school.classes[student.class].id)),
                }
            })
            .collect();
        let change = ChangeRoster {
            establishment: school.uai.clone(),
            may_assign: true,
            changes,
        };
        let outcome = self.0.execute(&self.by(), &change).await?;
        anyhow::ensure!(outcome.unchanged == 0, "every move changes something");
        Ok(())
    }
}
