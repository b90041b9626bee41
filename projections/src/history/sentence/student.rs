//! What happens to a pupil.

use domain::student::StudentEvent;

use super::Tale;

impl Tale<'_> {
    pub(super) fn student(&self, event: &StudentEvent) -> String {
        let student = self.pupil();
        let own = self
            .mentions
            .student
            .is_some_and(|id| self.is_own(id.into()));
        match event {
            StudentEvent::StudentRegistered {
                establishment,
                school_year,
            } => {
                let came = self.came(own, "");
                format!("{came} l'établissement {establishment} pour l'année {school_year}")
            }
            StudentEvent::StudentAssigned { class } => {
                let class = self.class_name(*class);
                if own {
                    format!("a choisi la classe {class}")
                } else {
                    format!("a placé {student} dans la classe {class}")
                }
            }
            StudentEvent::StudentMoved { from, to } => {
                let (from, to) = (self.class_name(*from), self.class_name(*to));
                format!("a fait passer {student} de {from} à {to}")
            }
            StudentEvent::StudentRejected {
                establishment,
                from,
            } => {
                let from = self.with_class(", jusque-là dans la classe ", *from);
                format!(
                    "a signalé {student} comme n'étant pas de l'établissement {establishment}{from}"
                )
            }
            StudentEvent::StudentRejoined {
                establishment,
                school_year,
            } => {
                let came = self.came(own, " de nouveau");
                format!("{came} l'établissement {establishment} pour l'année {school_year}")
            }
            StudentEvent::StudentReleased {
                establishment,
                from,
                school_year,
            } => {
                let from = self.with_class(" et de la classe ", *from);
                format!(
                    "a fait sortir {student} de l'établissement {establishment}{from} à l'ouverture \
                     de l'année {school_year}"
                )
            }
            StudentEvent::StudentErased {} => {
                "a effacé les données personnelles d'un élève".to_owned()
            }
        }
    }

    /// By themselves, or brought by somebody else.
    fn came(&self, own: bool, again: &str) -> String {
        if own {
            format!("a rejoint{again}")
        } else {
            format!("a inscrit{again} {} dans", self.pupil())
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        actor::Actor,
        values::{Role, Uai},
    };
    use insta::assert_snapshot;

    use super::{
        super::tests::{A, B, GONE, HEAD, PUPIL, TEACHER, lines, told, year},
        *,
    };

    /// An administrator reads these sentences to a parent, years later: who did what to whom, with no
    /// name left out and no two confused. A person who acts on their own account is not told as if
    /// somebody else had.
    #[test]
    fn what_happens_to_a_pupil() {
        let pupil = PUPIL.as_uuid();
        let by = |id, role, event: StudentEvent| told(id, role, pupil, event);
        let establishment = || Uai::parse("9990021U").unwrap();
        let registered = || StudentEvent::StudentRegistered {
            establishment: establishment(),
            school_year: year(),
        };
        let rejoined = || StudentEvent::StudentRejoined {
            establishment: establishment(),
            school_year: year(),
        };
        let assigned = || StudentEvent::StudentAssigned { class: A };
        let moved = || StudentEvent::StudentMoved { from: A, to: B };
        let rejected = |from| StudentEvent::StudentRejected {
            establishment: establishment(),
            from,
        };
        let released = |from| StudentEvent::StudentReleased {
            establishment: establishment(),
            from,
            school_year: year(),
        };
        let gone = GONE.as_uuid();
        let system = Actor::system();
        let sentences = [
            by(PUPIL, Role::Student, registered()),
            by(system.id, system.role, registered()),
            by(PUPIL, Role::Student, assigned()),
            by(TEACHER, Role::MainTeacher, assigned()),
            by(HEAD, Role::Head, moved()),
            told(HEAD, Role::Head, gone, moved()),
            told(GONE, Role::Teacher, pupil, moved()),
            by(HEAD, Role::Head, rejected(None)),
            by(HEAD, Role::Head, rejected(Some(A))),
            told(HEAD, Role::Head, gone, rejected(Some(A))),
            by(PUPIL, Role::Student, rejoined()),
            told(GONE, Role::Student, gone, rejoined()),
            by(system.id, system.role, rejoined()),
            by(system.id, system.role, released(None)),
            by(system.id, system.role, released(Some(A))),
            by(system.id, system.role, StudentEvent::StudentErased {}),
        ];
        assert_snapshot!(lines(&sentences), @r"
        Camille Dupont (élève) a rejoint l'établissement 9990021U pour l'année 2026-2027
        Le système a inscrit Camille Dupont dans l'établissement 9990021U pour l'année 2026-2027
        Camille Dupont (élève) a choisi la classe 3e A
        Denis Roy (professeur principal) a placé Camille Dupont dans la classe 3e A
        Claire Marchand (chef d'établissement) a fait passer Camille Dupont de 3e A à 3e B
        Claire Marchand (chef d'établissement) a fait passer un élève effacé de 3e A à 3e B
        Une personne effacée (enseignant) a fait passer Camille Dupont de 3e A à 3e B
        Claire Marchand (chef d'établissement) a signalé Camille Dupont comme n'étant pas de l'établissement 9990021U
        Claire Marchand (chef d'établissement) a signalé Camille Dupont comme n'étant pas de l'établissement 9990021U, jusque-là dans la classe 3e A
        Claire Marchand (chef d'établissement) a signalé un élève effacé comme n'étant pas de l'établissement 9990021U, jusque-là dans la classe 3e A
        Camille Dupont (élève) a rejoint de nouveau l'établissement 9990021U pour l'année 2026-2027
        Un élève effacé a rejoint de nouveau l'établissement 9990021U pour l'année 2026-2027
        Le système a inscrit de nouveau Camille Dupont dans l'établissement 9990021U pour l'année 2026-2027
        Le système a fait sortir Camille Dupont de l'établissement 9990021U à l'ouverture de l'année 2026-2027
        Le système a fait sortir Camille Dupont de l'établissement 9990021U et de la classe 3e A à l'ouverture de l'année 2026-2027
        Le système a effacé les données personnelles d'un élève
        ");
    }
}
