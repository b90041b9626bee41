//! What happens to an establishment and its staff.

use domain::{
    establishment::EstablishmentEvent,
    ids::PersonId,
    values::{SchoolYear, StaffRole},
};

use super::Tale;

impl Tale<'_> {
    pub(super) fn establishment(&self, event: &EstablishmentEvent) -> String {
        let uai = &self.record.establishment;
        match event {
            EstablishmentEvent::EstablishmentListed { listing } => {
                format!("a ajouté {} ({uai}) à l'annuaire", listing.name)
            }
            EstablishmentEvent::EstablishmentRelisted { listing } if listing.closed => {
                format!(
                    "a noté que {} ({uai}) est fermé selon l'annuaire",
                    listing.name
                )
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
                self.registered(*head, *school_year)
            }
            EstablishmentEvent::HeadReplaced { head, previous } => {
                self.head_replaced(*head, *previous)
            }
            EstablishmentEvent::StaffInvited {
                invitation,
                role,
                class,
            } => {
                let guest = PersonId::new(invitation.as_uuid());
                let guest = self.names.person(guest).unwrap_or("quelqu'un");
                let class = self.with_class(" pour la classe ", *class);
                format!(
                    "a invité {guest} dans l'équipe de l'établissement {uai} comme {}{class}",
                    role.label()
                )
            }
            EstablishmentEvent::InvitationRevoked { .. } => {
                format!("a annulé une invitation dans l'équipe de l'établissement {uai}")
            }
            EstablishmentEvent::StaffJoined { staff, role, .. } => self.joined(*staff, *role),
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

    fn registered(&self, head: PersonId, school_year: SchoolYear) -> String {
        let uai = &self.record.establishment;
        let head = if self.is_own(head) {
            String::new()
        } else {
            format!(", dirigé par {},", self.person(head))
        };
        format!("a inscrit l'établissement {uai}{head} pour l'année {school_year}")
    }

    fn head_replaced(&self, head: PersonId, previous: PersonId) -> String {
        let uai = &self.record.establishment;
        let before = self.person(previous);
        if self.is_own(head) {
            format!("a pris la direction de l'établissement {uai} après {before}")
        } else {
            let head = self.person(head);
            format!("a confié à {head} la direction de l'établissement {uai} après {before}")
        }
    }

    fn joined(&self, staff: PersonId, role: StaffRole) -> String {
        let uai = &self.record.establishment;
        let role = role.label();
        if self.is_own(staff) {
            format!("a rejoint l'équipe de l'établissement {uai} comme {role}")
        } else {
            let staff = self.person(staff);
            format!("a fait entrer {staff} dans l'équipe de l'établissement {uai} comme {role}")
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
}

#[cfg(test)]
mod tests {
    use domain::{actor::Actor, establishment::Listing, ids::InvitationId, values::Role};
    use insta::assert_snapshot;
    use uuid::Uuid;

    use super::{
        super::tests::{A, GONE, HEAD, TEACHER, lines, told, year},
        *,
    };

    /// An inspector asks who ran a school, and who let whom in: each turn of its life is one sentence.
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
            closed: false,
        };
        let closed = || Listing {
            closed: true,
            ..listing()
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
            system(EstablishmentEvent::EstablishmentRelisted { listing: closed() }),
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
        Le système a noté que Collège des Tilleuls (9990021U) est fermé selon l'annuaire
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
