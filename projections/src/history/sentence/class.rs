//! What happens to a class.

use domain::{
    class::ClassEvent,
    ids::{ClassId, PersonId},
};

use super::Tale;

impl Tale<'_> {
    pub(super) fn class(&self, event: &ClassEvent) -> String {
        let class = self.with_class("", self.mentions.class);
        match event {
            ClassEvent::ClassCreated {
                school_year, track, ..
            } => {
                let track = track.label();
                format!("a créé la classe {class} (filière {track}) pour l'année {school_year}")
            }
            ClassEvent::ClassRenamed { name, previous } => {
                format!("a renommé la classe {previous} en {name}")
            }
            ClassEvent::ClassTrackChanged { track, previous } => format!(
                "a fait passer la classe {class} de la filière {} à la filière {}",
                previous.label(),
                track.label()
            ),
            ClassEvent::StudentAdmitted { from, .. } => {
                let from = self.with_class(", en provenance de ", *from);
                let student = self.pupil();
                format!("a fait entrer {student} dans la classe {class}{from}")
            }
            ClassEvent::StudentWithdrawn { to, .. } => {
                let to = self.with_class(", à destination de ", *to);
                let student = self.pupil();
                format!("a fait sortir {student} de la classe {class}{to}")
            }
            ClassEvent::MainTeacherAssigned { teacher, from } => {
                self.assigned(&class, *teacher, *from)
            }
            ClassEvent::MainTeacherUnassigned { teacher } if self.is_own(*teacher) => {
                format!("a cessé d'être professeur principal de la classe {class}")
            }
            ClassEvent::MainTeacherUnassigned { teacher } => {
                let teacher = self.person(*teacher);
                format!("a retiré à {teacher} la classe {class}")
            }
            ClassEvent::ClassDeleted {} => format!("a supprimé la classe {class}"),
            ClassEvent::ClassPurged { school_year } => {
                format!("a retiré la classe {class} à l'ouverture de l'année {school_year}")
            }
        }
    }

    fn assigned(&self, class: &str, teacher: PersonId, from: Option<ClassId>) -> String {
        let from = self.with_class(", et non plus de ", from);
        if self.is_own(teacher) {
            format!("a indiqué être professeur principal de la classe {class}{from}")
        } else {
            let teacher = self.person(teacher);
            format!("a désigné {teacher} comme professeur principal de la classe {class}{from}")
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        actor::Actor,
        ids::StudentId,
        values::{ClassName, Role, Track, Uai},
    };
    use insta::assert_snapshot;

    use super::{
        super::tests::{A, B, GONE, HEAD, PUPIL, TEACHER, lines, told, year},
        *,
    };

    /// Staff read who changed their class, and when: a class goes by the name that it had then.
    #[test]
    fn what_happens_to_a_class() {
        let by = |id, role, event: ClassEvent| told(id, role, A.as_uuid(), event);
        let head = |event| by(HEAD, Role::Head, event);
        let name = |text| ClassName::parse(text).unwrap();
        let student = StudentId::from(PUPIL);
        let assigned = |from| ClassEvent::MainTeacherAssigned {
            teacher: TEACHER,
            from,
        };
        let unassigned = || ClassEvent::MainTeacherUnassigned { teacher: TEACHER };
        let sentences = [
            head(ClassEvent::ClassCreated {
                establishment: Uai::parse("9990021U").unwrap(),
                school_year: year(),
                name: name("3e A"),
                track: Track::TroisiemeSegpa,
            }),
            head(ClassEvent::ClassRenamed {
                name: name("3e Lovelace"),
                previous: name("3e A"),
            }),
            head(ClassEvent::ClassTrackChanged {
                track: Track::TroisiemeGenerale,
                previous: Track::TroisiemePrepaMetiers,
            }),
            head(ClassEvent::StudentAdmitted {
                student,
                from: None,
            }),
            head(ClassEvent::StudentAdmitted {
                student,
                from: Some(B),
            }),
            head(ClassEvent::StudentWithdrawn { student, to: None }),
            head(ClassEvent::StudentWithdrawn {
                student: GONE.into(),
                to: Some(B),
            }),
            head(assigned(None)),
            head(assigned(Some(B))),
            by(TEACHER, Role::MainTeacher, assigned(Some(B))),
            head(unassigned()),
            by(TEACHER, Role::MainTeacher, unassigned()),
            head(ClassEvent::MainTeacherUnassigned { teacher: GONE }),
            head(ClassEvent::ClassDeleted {}),
            by(
                Actor::system().id,
                Role::System,
                ClassEvent::ClassPurged {
                    school_year: year(),
                },
            ),
        ];
        assert_snapshot!(lines(&sentences), @r"
        Claire Marchand (chef d'établissement) a créé la classe 3e A (filière 3e SEGPA) pour l'année 2026-2027
        Claire Marchand (chef d'établissement) a renommé la classe 3e A en 3e Lovelace
        Claire Marchand (chef d'établissement) a fait passer la classe 3e A de la filière 3e prépa-métiers à la filière 3e
        Claire Marchand (chef d'établissement) a fait entrer Camille Dupont dans la classe 3e A
        Claire Marchand (chef d'établissement) a fait entrer Camille Dupont dans la classe 3e A, en provenance de 3e B
        Claire Marchand (chef d'établissement) a fait sortir Camille Dupont de la classe 3e A
        Claire Marchand (chef d'établissement) a fait sortir un élève effacé de la classe 3e A, à destination de 3e B
        Claire Marchand (chef d'établissement) a désigné Denis Roy comme professeur principal de la classe 3e A
        Claire Marchand (chef d'établissement) a désigné Denis Roy comme professeur principal de la classe 3e A, et non plus de 3e B
        Denis Roy (professeur principal) a indiqué être professeur principal de la classe 3e A, et non plus de 3e B
        Claire Marchand (chef d'établissement) a retiré à Denis Roy la classe 3e A
        Denis Roy (professeur principal) a cessé d'être professeur principal de la classe 3e A
        Claire Marchand (chef d'établissement) a retiré à une personne effacée la classe 3e A
        Claire Marchand (chef d'établissement) a supprimé la classe 3e A
        Le système a retiré la classe 3e A à l'ouverture de l'année 2026-2027
        ");
    }
}
