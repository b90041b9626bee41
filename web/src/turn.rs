//! "L'inscription, c'est chacun son tour !" (manual): whose turn it is in an establishment, and which
//! addresses its staff may have.

use domain::values::{EmailAddress, Role};
use projections::directory::DirectoryEntry;

use crate::problem::{Code, FieldErrors, Problem};

/// Who may sign up, and when.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignUpRules {
    /// Whose turn it is.
    pub order: SignUpOrder,
    /// Which addresses staff may have.
    pub staff_email: StaffAddresses,
}

/// Whose turn it is to sign up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignUpOrder {
    /// The head, then staff, then students once there is a class and a main teacher.
    #[default]
    Strict,
    /// The same, without the wait for a main teacher.
    Relaxed,
}

/// Which addresses staff may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StaffAddresses {
    /// Of the domain of the establishment's official mailbox.
    #[default]
    Academy,
    /// Any.
    Any,
}

/// Who may sign up in an establishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenTo {
    /// Its head.
    Head,
    /// Its staff.
    Staff,
    /// Its students.
    Students,
}

/// Who may sign up there now: the head, then staff, then students once there is a class and, unless
/// the order is relaxed, a main teacher. Nobody where it is not eligible, or not any more.
#[must_use]
pub fn open_to(entry: &DirectoryEntry, order: SignUpOrder) -> Vec<OpenTo> {
    if !entry.eligible {
        return vec![];
    }
    if !entry.registered {
        return vec![OpenTo::Head];
    }
    if entry.has_classes && !awaits_main_teacher(entry, order) {
        vec![OpenTo::Staff, OpenTo::Students]
    } else {
        vec![OpenTo::Staff]
    }
}

/// Whether pupils cannot sign up there for want of a main teacher: the last one left, or became head.
#[must_use]
pub fn awaits_main_teacher(entry: &DirectoryEntry, order: SignUpOrder) -> bool {
    order == SignUpOrder::Strict && entry.eligible && entry.registered && !entry.staffed
}

/// Goes on only when it is this role's turn there.
///
/// # Errors
///
/// `establishment_not_eligible`, `establishment_not_registered`, `head_already_registered` or
/// `students_not_admitted_yet`.
pub fn check_turn(entry: &DirectoryEntry, role: Role, order: SignUpOrder) -> Result<(), Problem> {
    let wanted = match role {
        Role::Head => OpenTo::Head,
        Role::Student => OpenTo::Students,
        _ => OpenTo::Staff,
    };
    if open_to(entry, order).contains(&wanted) {
        return Ok(());
    }
    if entry.closed {
        return Err(commands::Refusal::EstablishmentClosed.into());
    }
    Err(match (entry.eligible, entry.registered, wanted) {
        (false, _, _) => commands::Refusal::EstablishmentNotEligible.into(),
        (true, false, _) => commands::Refusal::EstablishmentNotRegistered.into(),
        (true, true, OpenTo::Head) => commands::Refusal::HeadAlreadyRegistered.into(),
        (true, true, _) => Problem::new(
            Code::StudentsNotAdmittedYet,
            "Les élèves de ce collège ne peuvent pas encore s'inscrire : il faut d'abord que les \
             classes soient créées et qu'un professeur principal soit inscrit. Demandez à votre \
             professeur, puis revenez.",
        ),
    })
}

/// Goes on only when somebody with this address may be on the staff there.
///
/// # Errors
///
/// `email_not_allowed`, on the field `email`.
pub fn check_staff_address(
    entry: &DirectoryEntry,
    email: &EmailAddress,
    rule: StaffAddresses,
) -> Result<(), Problem> {
    let domain = entry
        .mailbox
        .as_deref()
        .and_then(|mailbox| mailbox.rsplit_once('@'))
        .map(|(_, domain)| domain);
    let detail = match domain {
        _ if rule == StaffAddresses::Any => return Ok(()),
        Some(domain) if domain.eq_ignore_ascii_case(email.domain()) => return Ok(()),
        Some(domain) => format!(
            "Utilisez votre adresse professionnelle, celle qui se termine par @{domain} comme \
             l'adresse officielle du collège."
        ),
        None => "L'annuaire ne donne pas d'adresse officielle à ce collège : inscrivez-vous en \
                 suivant une invitation, que le chef d'établissement demande au support et les \
                 enseignants à leur chef d'établissement."
            .to_owned(),
    };
    let mut errors = FieldErrors::default();
    errors.take::<()>(
        "email",
        Err((Code::EmailNotAllowed.as_str(), detail.into())),
    );
    Err(errors.into_problem(Code::EmailNotAllowed))
}

#[cfg(test)]
mod tests {
    use domain::values::Uai;

    use super::*;

    fn entry(mailbox: Option<&str>) -> DirectoryEntry {
        DirectoryEntry {
            uai: Uai::parse("9990021U").unwrap(),
            name: String::new(),
            city: String::new(),
            postal_code: None,
            department: None,
            academy: None,
            priority: None,
            mailbox: mailbox.map(str::to_owned),
            closed: false,
            eligible: true,
            registered: false,
            school_year: None,
            staffed: false,
            has_classes: false,
        }
    }

    fn refused(entry: &DirectoryEntry, role: Role, order: SignUpOrder) -> Option<Code> {
        check_turn(entry, role, order)
            .err()
            .map(|problem| problem.code())
    }

    /// Whoever comes too early must learn whom to wait for, and nobody may be let in out of turn:
    /// pupils' names would stand in lists that no member of staff looks after.
    #[test]
    fn each_in_turn() {
        use SignUpOrder::{Relaxed, Strict};
        let mut school = entry(None);
        school.eligible = false;
        for role in [Role::Head, Role::Teacher, Role::Student] {
            assert_eq!(
                refused(&school, role, Strict),
                Some(Code::EstablishmentNotEligible)
            );
        }
        school.eligible = true;
        assert_eq!(refused(&school, Role::Head, Strict), None);
        for role in [Role::Counsellor, Role::Student] {
            assert_eq!(
                refused(&school, role, Relaxed),
                Some(Code::EstablishmentNotRegistered)
            );
        }
        school.registered = true;
        assert_eq!(
            refused(&school, Role::Head, Strict),
            Some(Code::HeadAlreadyRegistered)
        );
        assert_eq!(refused(&school, Role::MainTeacher, Strict), None);
        let early = Some(Code::StudentsNotAdmittedYet);
        assert_eq!(refused(&school, Role::Student, Relaxed), early);
        school.has_classes = true;
        assert_eq!(refused(&school, Role::Student, Strict), early);
        assert_eq!(refused(&school, Role::Student, Relaxed), None);
        school.staffed = true;
        assert_eq!(refused(&school, Role::Student, Strict), None);
        school.has_classes = false;
        assert_eq!(refused(&school, Role::Student, Strict), early);
        school.has_classes = true;
        school.eligible = false;
        assert_eq!(open_to(&school, Relaxed), []);
        for role in [Role::Head, Role::Teacher, Role::Student] {
            assert_eq!(
                refused(&school, role, Strict),
                Some(Code::EstablishmentNotEligible)
            );
        }
    }

    /// Whoever would come to a school that closed must not wait for a turn that never comes.
    #[test]
    fn a_closed_school_says_so_to_everybody() {
        let mut school = entry(None);
        (school.closed, school.eligible) = (true, false);
        for registered in [false, true] {
            school.registered = registered;
            for role in [Role::Head, Role::Teacher, Role::Student] {
                let refused = check_turn(&school, role, SignUpOrder::Strict).unwrap_err();
                assert_eq!(refused.code(), Code::EstablishmentNotEligible);
                assert!(refused.detail().contains("fermé"), "{}", refused.detail());
            }
        }
    }

    /// The one thing that is missing is told where it can be mended, and where it is the one thing.
    #[test]
    fn a_main_teacher_is_awaited_where_pupils_may_come_otherwise() {
        let mut school = entry(None);
        assert!(!awaits_main_teacher(&school, SignUpOrder::Strict));
        school.registered = true;
        assert!(awaits_main_teacher(&school, SignUpOrder::Strict));
        assert!(!awaits_main_teacher(&school, SignUpOrder::Relaxed));
        school.staffed = true;
        assert!(!awaits_main_teacher(&school, SignUpOrder::Strict));
    }

    /// Anybody could otherwise declare to be the head of a school and read its pupils' names. Without
    /// an official mailbox there is nothing to compare with, and so nobody to let in.
    #[test]
    fn staff_have_an_address_of_their_academy() {
        let school = entry(Some("ce.9990021U@AC-demo.test"));
        let allowed = |school: &DirectoryEntry, email: &str, rule| {
            let email = EmailAddress::parse(email).unwrap();
            check_staff_address(school, &email, rule).is_ok()
        };
        let academy = StaffAddresses::Academy;
        assert!(allowed(&school, "a.martin@ac-demo.test", academy));
        for other in [
            "a@mail.test",
            "a@x.ac-demo.test",
            "a@ac-demo.test.mail.test",
        ] {
            assert!(!allowed(&school, other, academy), "{other}");
            assert!(allowed(&school, other, StaffAddresses::Any), "{other}");
        }
        assert!(!allowed(&entry(None), "a@ac-demo.test", academy));
        assert!(allowed(&entry(None), "a@ac-demo.test", StaffAddresses::Any));
    }
}
