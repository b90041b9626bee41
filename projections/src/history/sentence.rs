//! What each event says, in one French sentence.

use domain::{
    actor::Actor,
    class::ClassEvent,
    establishment::EstablishmentEvent,
    event::Event,
    ids::{ClassId, PersonId},
    student::StudentEvent,
    values::Role,
};
use store::{EventRecord, LoggedEvent};

use super::{mentions::Mentions, names::Names};

/// "Claire Marchand (chef d'établissement) a fait passer Camille Dupont de 3e A à 3e B".
pub(super) fn of(event: &LoggedEvent, mentions: &Mentions, names: &Names) -> String {
    let record = &event.record;
    let tale = Tale {
        record,
        mentions,
        position: event.checkpoint.position,
        names,
    };
    let told = match &record.event {
        Event::Establishment(event) => tale.establishment(event),
        Event::Class(event) => tale.class(event),
        Event::Student(event) => tale.student(event),
    };
    format!("{} {told}", tale.actor(record.metadata.actor))
}

/// An event to be told, with the names in it.
struct Tale<'a> {
    record: &'a EventRecord,
    mentions: &'a Mentions,
    position: i64,
    names: &'a Names,
}

impl Tale<'_> {
    /// Who acted, as a sentence begins.
    fn actor(&self, actor: Actor) -> String {
        let label = actor.role.label();
        match (actor.role, self.names.person(actor.id)) {
            (Role::System, _) => "Le système".to_owned(),
            (_, Some(name)) => format!("{name} ({label})"),
            (Role::Student, None) => "Un élève effacé".to_owned(),
            (_, None) => format!("Une personne effacée ({label})"),
        }
    }

    /// Whether the event is about whoever caused it.
    fn is_own(&self, person: PersonId) -> bool {
        self.record.metadata.actor.id == person
    }

    /// The pupil it is about.
    fn pupil(&self) -> &str {
        let student = self.mentions.student.map(PersonId::from);
        let name = student.and_then(|id| self.names.person(id));
        name.unwrap_or("un élève effacé")
    }

    fn person(&self, id: PersonId) -> &str {
        self.names.person(id).unwrap_or("une personne effacée")
    }

    fn class_name(&self, id: ClassId) -> &str {
        let name = self.names.class(id, self.position);
        name.map_or("une classe inconnue", |name| name.as_str())
    }

    /// `before` and the class's name; nothing without a class.
    fn with_class(&self, before: &str, class: Option<ClassId>) -> String {
        class.map_or_else(String::new, |class| {
            format!("{before}{}", self.class_name(class))
        })
    }

    fn establishment(&self, event: &EstablishmentEvent) -> String {
        let uai = &self.record.establishment;
        match event {
            EstablishmentEvent::EstablishmentListed { listing } => {
                format!("a ajouté {} ({uai}) à l'annuaire", listing.name)
            }
            EstablishmentEvent::EstablishmentRelisted { listing } => {
                format!("a mis à jour {} ({uai}) dans l'annuaire", listing.name)
            }
            EstablishmentEvent::EligibilityDecided {
                eligible: true,
                reason,
            } => format!("a admis l'établissement {uai} par dérogation : {reason}"),
            EstablishmentEvent::EligibilityDecided { reason, .. } => {
                format!("a exclu l'établissement {uai} : {reason}")
            }
            EstablishmentEvent::EstablishmentRegistered { head, school_year } => {
                let head = if self.is_own(*head) {
                    String::new()
                } else {
                    format!(", dirigé par {},", self.person(*head))
                };
                format!("a inscrit l'établissement {uai}{head} pour l'année {school_year}")
            }
            EstablishmentEvent::HeadReplaced { head, previous } => {
                let before = self.person(*previous);
                if self.is_own(*head) {
                    format!("a pris la direction de l'établissement {uai} après {before}")
                } else {
                    let head = self.person(*head);
                    format!(
                        "a confié à {head} la direction de l'établissement {uai} après {before}"
                    )
                }
            }
            EstablishmentEvent::StaffInvited { role, class, .. } => {
                let class = self.with_class(" pour la classe ", *class);
                format!(
                    "a invité quelqu'un dans l'équipe de l'établissement {uai} comme {}{class}",
                    role.label()
                )
            }
            EstablishmentEvent::InvitationRevoked { .. } => {
                format!("a annulé une invitation dans l'équipe de l'établissement {uai}")
            }
            EstablishmentEvent::StaffJoined { staff, role, .. } => {
                let role = role.label();
                if self.is_own(*staff) {
                    format!("a rejoint l'équipe de l'établissement {uai} comme {role}")
                } else {
                    let staff = self.person(*staff);
                    format!(
                        "a fait entrer {staff} dans l'équipe de l'établissement {uai} comme {role}"
                    )
                }
            }
            EstablishmentEvent::StaffLeft { staff } if self.is_own(*staff) => {
                format!("a quitté l'équipe de l'établissement {uai}")
            }
            EstablishmentEvent::StaffLeft { staff } => {
                let staff = self.person(*staff);
                format!("a fait sortir {staff} de l'équipe de l'établissement {uai}")
            }
            EstablishmentEvent::StaffErased { .. } => format!(
                "a effacé les données personnelles d'un ancien membre de l'équipe de \
                 l'établissement {uai}"
            ),
            EstablishmentEvent::SchoolYearOpened { school_year } => {
                let parts = self.parts();
                format!("a ouvert l'année {school_year} dans l'établissement {uai} : {parts}")
            }
        }
    }

    /// What went with the opening of a year. French counts 0 and 1 in the singular.
    fn parts(&self) -> String {
        let metadata = self.record.metadata;
        let reset = (metadata.correlation, self.record.establishment.clone());
        let parts = self.names.resets.get(&reset).copied().unwrap_or_default();
        let count = |number: u64, one: &str, many: &str| match number {
            0 | 1 => format!("{number} {one}"),
            _ => format!("{number} {many}"),
        };
        format!(
            "{}, {}",
            count(parts.classes, "classe retirée", "classes retirées"),
            count(parts.students, "élève sorti", "élèves sortis"),
        )
    }

    fn class(&self, event: &ClassEvent) -> String {
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
                let from = self.with_class(", et non plus de ", *from);
                if self.is_own(*teacher) {
                    format!("a indiqué être professeur principal de la classe {class}{from}")
                } else {
                    let teacher = self.person(*teacher);
                    format!(
                        "a désigné {teacher} comme professeur principal de la classe {class}{from}"
                    )
                }
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

    fn student(&self, event: &StudentEvent) -> String {
        let student = self.pupil();
        let own = self
            .mentions
            .student
            .is_some_and(|id| self.is_own(id.into()));
        match event {
            StudentEvent::StudentRegistered {
                establishment,
                school_year,
            } if own => {
                format!("a rejoint l'établissement {establishment} pour l'année {school_year}")
            }
            StudentEvent::StudentRegistered {
                establishment,
                school_year,
            } => format!(
                "a inscrit {student} dans l'établissement {establishment} pour l'année {school_year}"
            ),
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
            } if own => format!(
                "a rejoint de nouveau l'établissement {establishment} pour l'année {school_year}"
            ),
            StudentEvent::StudentRejoined {
                establishment,
                school_year,
            } => format!(
                "a inscrit de nouveau {student} dans l'établissement {establishment} pour l'année \
                 {school_year}"
            ),
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
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use chrono::DateTime;
    use domain::{
        actor::Metadata,
        establishment::Listing,
        ids::{CommandId, CorrelationId, InvitationId, StudentId},
        values::{ClassName, SchoolYear, StaffRole, Track, Uai},
    };
    use insta::assert_snapshot;
    use store::{Checkpoint, StreamId};
    use uuid::Uuid;

    use super::*;
    use crate::resets::Parts;

    const HEAD: PersonId = PersonId::new(Uuid::from_u128(1));
    const TEACHER: PersonId = PersonId::new(Uuid::from_u128(2));
    const PUPIL: PersonId = PersonId::new(Uuid::from_u128(3));
    const GONE: PersonId = PersonId::new(Uuid::from_u128(4));
    const A: ClassId = ClassId::new(Uuid::from_u128(0xa));
    const B: ClassId = ClassId::new(Uuid::from_u128(0xb));

    fn names() -> Names {
        let name = |text| ClassName::parse(text).unwrap();
        Names {
            people: HashMap::from([
                (HEAD, "Claire Marchand".to_owned()),
                (TEACHER, "Denis Roy".to_owned()),
                (PUPIL, "Camille Dupont".to_owned()),
            ]),
            classes: HashMap::from([
                (A, vec![(1, name("3e A")), (90, name("3e Lovelace"))]),
                (B, vec![(2, name("3e B"))]),
            ]),
            resets: HashMap::from([(
                (
                    CorrelationId::new(Uuid::nil()),
                    Uai::parse("9990021U").unwrap(),
                ),
                Parts {
                    classes: 1,
                    students: 112,
                },
            )]),
        }
    }

    /// What is told of an event in the stream of `about`, caused by this actor.
    fn told(id: PersonId, role: Role, about: Uuid, event: impl Into<Event>) -> String {
        let event = event.into();
        let record = EventRecord {
            stream: StreamId {
                aggregate_type: event.aggregate_type(),
                aggregate_id: about.to_string(),
            },
            sequence: 1,
            event,
            metadata: Metadata {
                command: CommandId::new(Uuid::nil()),
                correlation: CorrelationId::new(Uuid::nil()),
                actor: Actor { id, role },
            },
            recorded_at: DateTime::UNIX_EPOCH,
            establishment: Uai::parse("9990021U").unwrap(),
        };
        let mentions = Mentions::of(&record).unwrap();
        let checkpoint = Checkpoint {
            transaction: 0,
            position: 50,
        };
        of(&LoggedEvent { checkpoint, record }, &mentions, &names())
    }

    fn year() -> SchoolYear {
        SchoolYear::starting(2026).unwrap()
    }

    fn lines(sentences: &[String]) -> String {
        sentences.join("\n")
    }

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

    /// As above, for what classes keep of it.
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

    /// As above, for establishments and their staff.
    #[test]
    fn what_happens_to_an_establishment() {
        let by = |id, role, event: EstablishmentEvent| told(id, role, Uuid::nil(), event);
        let system = |event| by(Actor::system().id, Role::System, event);
        let head = |event| by(HEAD, Role::Head, event);
        let listing = || Listing {
            name: "Collège des Tilleuls".to_owned(),
            city: "Valclair".to_owned(),
            postal_code: None,
            department: None,
            academy: None,
            priority: None,
            mailbox: None,
        };
        let decided = |eligible, reason: &str| EstablishmentEvent::EligibilityDecided {
            eligible,
            reason: reason.to_owned(),
        };
        let registered = || EstablishmentEvent::EstablishmentRegistered {
            head: HEAD,
            school_year: year(),
        };
        let replaced = || EstablishmentEvent::HeadReplaced {
            head: HEAD,
            previous: GONE,
        };
        let invitation = InvitationId::new(Uuid::nil());
        let invited = |class| EstablishmentEvent::StaffInvited {
            invitation,
            role: StaffRole::MainTeacher,
            class,
        };
        let joined = || EstablishmentEvent::StaffJoined {
            staff: TEACHER,
            role: StaffRole::Counsellor,
            invitation: None,
        };
        let left = || EstablishmentEvent::StaffLeft { staff: TEACHER };
        let sentences = [
            system(EstablishmentEvent::EstablishmentListed { listing: listing() }),
            system(EstablishmentEvent::EstablishmentRelisted { listing: listing() }),
            by(GONE, Role::Administrator, decided(true, "convention")),
            by(GONE, Role::Administrator, decided(false, "fermeture")),
            head(registered()),
            system(registered()),
            head(replaced()),
            system(replaced()),
            head(invited(None)),
            head(invited(Some(A))),
            head(EstablishmentEvent::InvitationRevoked { invitation }),
            by(TEACHER, Role::Counsellor, joined()),
            system(joined()),
            head(left()),
            by(TEACHER, Role::Counsellor, left()),
            system(EstablishmentEvent::StaffErased { staff: GONE }),
            system(EstablishmentEvent::SchoolYearOpened {
                school_year: year(),
            }),
        ];
        assert_snapshot!(lines(&sentences), @r"
        Le système a ajouté Collège des Tilleuls (9990021U) à l'annuaire
        Le système a mis à jour Collège des Tilleuls (9990021U) dans l'annuaire
        Une personne effacée (administrateur) a admis l'établissement 9990021U par dérogation : convention
        Une personne effacée (administrateur) a exclu l'établissement 9990021U : fermeture
        Claire Marchand (chef d'établissement) a inscrit l'établissement 9990021U pour l'année 2026-2027
        Le système a inscrit l'établissement 9990021U, dirigé par Claire Marchand, pour l'année 2026-2027
        Claire Marchand (chef d'établissement) a pris la direction de l'établissement 9990021U après une personne effacée
        Le système a confié à Claire Marchand la direction de l'établissement 9990021U après une personne effacée
        Claire Marchand (chef d'établissement) a invité quelqu'un dans l'équipe de l'établissement 9990021U comme professeur principal
        Claire Marchand (chef d'établissement) a invité quelqu'un dans l'équipe de l'établissement 9990021U comme professeur principal pour la classe 3e A
        Claire Marchand (chef d'établissement) a annulé une invitation dans l'équipe de l'établissement 9990021U
        Denis Roy (conseiller d'orientation) a rejoint l'équipe de l'établissement 9990021U comme conseiller d'orientation
        Le système a fait entrer Denis Roy dans l'équipe de l'établissement 9990021U comme conseiller d'orientation
        Claire Marchand (chef d'établissement) a fait sortir Denis Roy de l'équipe de l'établissement 9990021U
        Denis Roy (conseiller d'orientation) a quitté l'équipe de l'établissement 9990021U
        Le système a effacé les données personnelles d'un ancien membre de l'équipe de l'établissement 9990021U
        Le système a ouvert l'année 2026-2027 dans l'établissement 9990021U : 1 classe retirée, 112 élèves sortis
        ");
    }
}
