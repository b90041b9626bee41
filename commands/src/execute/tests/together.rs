//! What is written together with the events of an action.

use std::sync::Mutex;

use domain::{establishment::EstablishmentEvent, event::Event, values::StaffRole};

use super::*;
use crate::add_staff::AddStaff;

/// Writes a row for each colleague who joins.
#[derive(Clone, Default)]
struct OnJoining {
    row: Row,
    at: Arc<Mutex<Vec<DateTime<Utc>>>>,
}

impl Reaction for OnJoining {
    fn react(&self, events: &[EventRecord], clock: &dyn Clock) -> Vec<Box<dyn Write>> {
        self.at.lock().unwrap().push(clock.now());
        let joined = events.iter().filter(|it| {
            matches!(
                it.event,
                Event::Establishment(EstablishmentEvent::StaffJoined { .. })
            )
        });
        joined
            .map(|_| Box::new(self.row.clone()) as Box<dyn Write>)
            .collect()
    }
}

/// What goes with an action is written with it, though it has nothing to append: an account, say.
#[tokio::test]
async fn rows_are_written_with_the_action_whatever_it_appends() {
    let commands = on(&empty().await);
    commands.execute(&by(), &import()).await.unwrap();
    let row = Row::default();
    let writes: [&dyn Write; 1] = [&row];
    for times in [1, 2] {
        commands
            .execute_with(&by(), &register(), &writes)
            .await
            .unwrap();
        assert_eq!(row.times(), times);
    }
    assert_eq!(log(&commands).await.len(), 4);
}

/// Where the address is taken, nobody joins: the row refuses, and with it the whole action.
#[tokio::test]
async fn a_row_may_refuse_the_action() {
    let commands = on(&empty().await);
    commands.execute(&by(), &import()).await.unwrap();
    let row = Row {
        refuses: true,
        ..Row::default()
    };
    let writes: [&dyn Write; 1] = [&row];
    let refused = commands
        .execute_with(&by(), &register(), &writes)
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        CommandError::Refused(Refusal::EmailTaken)
    ));
    assert_eq!(log(&commands).await.len(), 2);
}

/// A letter follows from what happened: none where nothing did, and nothing happens where it cannot be
/// written.
#[tokio::test]
async fn what_follows_from_events_is_written_with_them() {
    let store = empty().await;
    let reaction = OnJoining::default();
    let reactions: Vec<Box<dyn Reaction>> = vec![Box::new(reaction.clone())];
    let commands = Commands::new(store.clone(), Arc::new(Standing), reactions);
    commands.execute(&by(), &import()).await.unwrap();
    assert_eq!(reaction.row.times(), 0);
    for _ in 0..2 {
        commands.execute(&by(), &register()).await.unwrap();
        assert_eq!(reaction.row.times(), 1);
    }
    assert_eq!(*reaction.at.lock().unwrap(), [Standing.now(); 2]);

    let mut failing = OnJoining::default();
    failing.row.refuses = true;
    let commands = Commands::new(store, Arc::new(Standing), vec![Box::new(failing)]);
    let add = AddStaff {
        establishment: uai(),
        staff: person(2),
        role: StaffRole::Teacher,
    };
    assert!(commands.execute(&by(), &add).await.is_err());
    assert_eq!(log(&commands).await.len(), 4);
}
