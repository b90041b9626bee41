//! Bringing a database to what the plan says, step by step; each step asks the log, not the read
//! models, what was done before.

use commands::{
    By, Commands, UseCase, add_staff::AddStaff, create_class::CreateClass,
    import_directory::ImportDirectory, register_establishment::RegisterEstablishment,
    register_student::RegisterStudent,
};
use domain::{
    actor::Actor,
    ids::CorrelationId,
    values::{Role, SchoolYear},
};

use super::{
    DemoError,
    history::{self, History},
    plan::{Plan, SchoolPlan, StaffPlan},
    step::{self, Newcomer},
};

/// Does whatever of the plan was never done.
pub(super) async fn run(commands: &Commands, plan: &Plan) -> Result<(), DemoError> {
    let history = History::load(commands.store(), plan).await?;
    let run = Run {
        commands,
        history,
        correlation: CorrelationId::new(commands.clock().new_uuid()),
    };
    run.directory(plan).await?;
    for school in plan
        .schools
        .iter()
        .filter(|school| !school.staff.is_empty())
    {
        run.school(school).await?;
    }
    run.administrator(plan).await
}

/// One run of the demo's set-up.
struct Run<'a> {
    commands: &'a Commands,
    history: History,
    correlation: CorrelationId,
}

impl Run<'_> {
    fn by(&self, actor: Actor) -> By {
        By {
            actor,
            correlation: self.correlation,
            once: None,
        }
    }

    /// Lists the schools in the directory.
    async fn directory(&self, plan: &Plan) -> Result<(), DemoError> {
        let unlisted = plan
            .schools
            .iter()
            .filter(|school| !self.history.listed(&school.uai));
        let schools: Vec<_> = unlisted
            .map(|school| (school.uai.clone(), school.listing.clone()))
            .collect();
        if schools.is_empty() {
            return Ok(());
        }
        if schools.len() == plan.schools.len() {
            history::refuse_other_data(self.commands.store()).await?;
        }
        let import = ImportDirectory {
            schools,
            closed: Vec::new(),
        };
        self.commands
            .execute(&self.by(Actor::system()), &import)
            .await?;
        Ok(())
    }

    async fn school(&self, school: &SchoolPlan) -> Result<(), DemoError> {
        let Some((head, others)) = school.staff.split_first() else {
            return Ok(());
        };
        let by_head = self.by(Actor {
            id: head.person.id,
            role: Role::Head,
        });
        self.head(&by_head, school, head).await?;
        self.staff(&by_head, school, others).await?;
        self.classes(&by_head, school).await?;
        self.pupils(school).await
    }

    async fn head(&self, by: &By, school: &SchoolPlan, head: &StaffPlan) -> Result<(), DemoError> {
        if self.history.registered(&school.uai) {
            return Ok(());
        }
        let today = self.commands.clock().now().date_naive();
        let register = RegisterEstablishment {
            establishment: school.uai.clone(),
            head: head.person.id,
            school_year: SchoolYear::containing(today)?,
        };
        self.step(by, vec![register], vec![head.newcomer()]).await
    }

    async fn staff(
        &self,
        by: &By,
        school: &SchoolPlan,
        staff: &[StaffPlan],
    ) -> Result<(), DemoError> {
        let joined = |member: &StaffPlan| self.history.joined(&school.uai, member.person.id);
        let missing: Vec<_> = staff.iter().filter(|member| !joined(member)).collect();
        let add = missing.iter().map(|member| AddStaff {
            establishment: school.uai.clone(),
            staff: member.person.id,
            role: member.role,
        });
        let newcomers = missing.iter().map(|member| member.newcomer());
        self.step(by, add.collect(), newcomers.collect()).await
    }

    async fn classes(&self, by: &By, school: &SchoolPlan) -> Result<(), DemoError> {
        let classes = school.classes.iter();
        let missing = classes.filter(|class| !self.history.created(class.id));
        let create = missing.map(|class| CreateClass {
            establishment: school.uai.clone(),
            class: class.id,
            name: class.name.clone(),
            track: class.track,
        });
        self.step(by, create.collect(), Vec::new()).await
    }

    async fn pupils(&self, school: &SchoolPlan) -> Result<(), DemoError> {
        let pupils = school.pupils.iter();
        let missing: Vec<_> = pupils
            .filter(|pupil| !self.history.signed_up(pupil.id()))
            .collect();
        let register = missing.iter().map(|pupil| RegisterStudent {
            establishment: school.uai.clone(),
            student: pupil.id(),
            class: pupil.class.filter(|class| !self.history.gone(*class)),
        });
        let newcomers = missing.iter().map(|pupil| pupil.newcomer());
        let by = self.by(Actor::system());
        self.step(&by, register.collect(), newcomers.collect())
            .await
    }

    /// No event: an administrator belongs to no establishment.
    async fn administrator(&self, plan: &Plan) -> Result<(), DemoError> {
        if self.history.has_administrator() {
            return Ok(());
        }
        let nothing: Vec<AddStaff> = Vec::new();
        let by = self.by(Actor::system());
        self.step(&by, nothing, vec![plan.administrator.newcomer()])
            .await
    }

    async fn step<U: UseCase>(
        &self,
        by: &By,
        use_cases: Vec<U>,
        newcomers: Vec<Newcomer>,
    ) -> Result<(), DemoError> {
        step::execute(self.commands, by, use_cases, newcomers).await
    }
}
