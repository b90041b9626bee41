//! What the rules say must come of each action, in the simplest terms: the staff.

use std::collections::{BTreeMap, BTreeSet};

use acceptance::world::{School, World};
use commands::{
    follow_invitation::FollowInvitation, invite_staff::InviteStaff, remove_staff::RemoveStaff,
    replace_head::ReplaceHead, revoke_invitation::RevokeInvitation, set_own_class::SetOwnClass,
};
use domain::{
    ids::{ClassId, InvitationId, PersonId},
    values::{Role, StaffRole},
};

use super::{
    action::{StaffAction, meant},
    model::Model,
};

/// Who works where, and who is invited.
pub(super) struct Staffs {
    people: Vec<Person>,
    invitations: Vec<Invitation>,
}

struct Person {
    id: PersonId,
    /// In which school, and as what.
    post: Option<(usize, StaffRole)>,
    class: Option<ClassId>,
}

#[derive(Clone)]
struct Invitation {
    id: InvitationId,
    school: usize,
    role: StaffRole,
    class: Option<ClassId>,
    pending: bool,
}

impl Staffs {
    /// The staff of both schools as they were just made, and as many people who are on neither.
    pub(super) fn new(world: &World, schools: &[School; 2]) -> Self {
        let mut people = Vec::new();
        for (number, school) in schools.iter().enumerate() {
            for account in &school.staff {
                people.push(Person {
                    id: account.id,
                    post: Role::staff(account.role).map(|role| (number, role)),
                    class: None,
                });
                people.push(Person {
                    id: PersonId::new(world.commands.clock().new_uuid()),
                    post: None,
                    class: None,
                });
            }
        }
        Self {
            people,
            invitations: Vec::new(),
        }
    }

    /// Who must be on the staff of a school, and as what.
    pub(super) fn of(&self, school: usize) -> BTreeMap<PersonId, StaffRole> {
        let posts = self.people.iter();
        posts
            .filter_map(|person| Some((person.id, person.post?)))
            .filter(|(_, (at, _))| *at == school)
            .map(|(id, (_, role))| (id, role))
            .collect()
    }

    /// Whose class it must be.
    pub(super) fn main_teachers(&self, class: ClassId) -> BTreeSet<PersonId> {
        let people = self.people.iter();
        let theirs = people.filter(|person| person.class == Some(class));
        theirs.map(|person| person.id).collect()
    }

    /// The invitations of a school that must be pending: as what, and for which class.
    pub(super) fn invitations(
        &self,
        school: usize,
    ) -> BTreeMap<InvitationId, (StaffRole, Option<ClassId>)> {
        let pending = self.invitations.iter();
        pending
            .filter(|invitation| invitation.pending && invitation.school == school)
            .map(|invitation| (invitation.id, (invitation.role, invitation.class)))
            .collect()
    }

    /// A class was deleted.
    pub(super) fn nobody_teaches(&mut self, class: ClassId) {
        for person in &mut self.people {
            person.class = person.class.filter(|theirs| *theirs != class);
        }
    }

    fn works_at(&self, person: usize, school: usize) -> bool {
        self.people[person].post.is_some_and(|(at, _)| at == school)
    }

    fn is_head(&self, person: usize) -> bool {
        let post = self.people[person].post;
        post.is_some_and(|(_, role)| role == StaffRole::Head)
    }

    fn leave(&mut self, person: usize) {
        self.people[person].post = None;
        self.people[person].class = None;
    }

    /// Of two heads, the one it had leaves.
    fn lead(&mut self, school: usize, person: usize) {
        let head = Some((school, StaffRole::Head));
        let mut people = self.people.iter();
        if let Some(previous) = people.position(|person| person.post == head)
            && previous != person
        {
            self.leave(previous);
        }
        self.people[person].post = head;
    }
}

impl Model<'_> {
    pub(super) async fn act_on_staff(
        &mut self,
        school: usize,
        action: &StaffAction,
    ) -> anyhow::Result<()> {
        let staffs = &self.staffs;
        let colleague = |number: &usize| {
            meant(*number, staffs.people.len(), |person| {
                staffs.works_at(person, school)
            })
        };
        match action {
            StaffAction::Invite { role, class } => self.invite(school, *role, *class).await,
            StaffAction::Revoke { invitation } => self.revoke(school, *invitation).await,
            StaffAction::Follow { invitation, person } => {
                let person = meant(*person, staffs.people.len(), |person| {
                    staffs.people[person].post.is_none()
                });
                self.follow(school, *invitation, person).await
            }
            StaffAction::Remove { person } => self.remove(school, colleague(person)).await,
            StaffAction::Replace { person } => self.replace(school, colleague(person)).await,
            StaffAction::OwnClass { person, class } => {
                self.own_class(school, colleague(person), *class).await
            }
        }
    }

    async fn invite(
        &mut self,
        school: usize,
        role: StaffRole,
        class: Option<usize>,
    ) -> anyhow::Result<()> {
        let (class, possible) = self.place(school, class);
        let id = InvitationId::new(self.world.commands.clock().new_uuid());
        let invite = InviteStaff {
            establishment: self.uai(school).clone(),
            invitation: id,
            role,
            class,
        };
        if self.attempt(&invite, possible).await? {
            self.staffs.invitations.push(Invitation {
                id,
                school,
                role,
                class,
                pending: true,
            });
        }
        Ok(())
    }

    /// The invitation that a number stands for; none before the first was made.
    fn invitation(&self, school: usize, number: usize) -> Option<usize> {
        let all = &self.staffs.invitations;
        let is_ours = |index: usize| all[index].pending && all[index].school == school;
        (!all.is_empty()).then(|| meant(number, all.len(), is_ours))
    }

    async fn revoke(&mut self, school: usize, number: usize) -> anyhow::Result<()> {
        let Some(number) = self.invitation(school, number) else {
            return Ok(());
        };
        let invitation = &self.staffs.invitations[number];
        let revoke = RevokeInvitation {
            establishment: self.uai(school).clone(),
            invitation: invitation.id,
            may_revoke_handover: true,
        };
        let possible = invitation.pending && invitation.school == school;
        if self.attempt(&revoke, possible).await? {
            self.staffs.invitations[number].pending = false;
        }
        Ok(())
    }

    async fn follow(&mut self, school: usize, number: usize, person: usize) -> anyhow::Result<()> {
        let Some(number) = self.invitation(school, number) else {
            return Ok(());
        };
        let post = self.staffs.people[person].post;
        if post.is_some_and(|(at, _)| at != school) {
            // Accounts, not the use case, keep those out who are still on another staff.
            return Ok(());
        }
        let invitation = self.staffs.invitations[number].clone();
        let follow = FollowInvitation {
            establishment: self.uai(school).clone(),
            invitation: invitation.id,
            person: self.staffs.people[person].id,
            school_year: self.world.school_year()?,
        };
        let possible = invitation.pending && invitation.school == school;
        if !self.attempt(&follow, possible).await? {
            return Ok(());
        }
        self.staffs.invitations[number].pending = false;
        if invitation.role == StaffRole::Head {
            self.staffs.lead(school, person);
        } else if post.is_none() {
            let class = invitation
                .class
                .filter(|class| invitation.role == StaffRole::MainTeacher && self.is_open(*class));
            let person = &mut self.staffs.people[person];
            person.post = Some((school, invitation.role));
            person.class = class;
        }
        Ok(())
    }

    async fn remove(&mut self, school: usize, person: usize) -> anyhow::Result<()> {
        let remove = RemoveStaff {
            establishment: self.uai(school).clone(),
            staff: self.staffs.people[person].id,
        };
        let possible = self.staffs.works_at(person, school) && !self.staffs.is_head(person);
        if self.attempt(&remove, possible).await? {
            self.staffs.leave(person);
        }
        Ok(())
    }

    async fn replace(&mut self, school: usize, person: usize) -> anyhow::Result<()> {
        let replace = ReplaceHead {
            establishment: self.uai(school).clone(),
            head: self.staffs.people[person].id,
        };
        let possible = self.staffs.works_at(person, school);
        if self.attempt(&replace, possible).await? {
            self.staffs.lead(school, person);
        }
        Ok(())
    }

    async fn own_class(
        &mut self,
        school: usize,
        person: usize,
        class: Option<usize>,
    ) -> anyhow::Result<()> {
        let (class, possible) = self.place(school, class);
        let choice = SetOwnClass {
            establishment: self.uai(school).clone(),
            teacher: self.staffs.people[person].id,
            class,
        };
        let possible = possible && self.staffs.works_at(person, school);
        if self.attempt(&choice, possible).await? {
            self.staffs.people[person].class = class;
        }
        Ok(())
    }
}
