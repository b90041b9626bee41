//! What is believed of the classes that are remembered.

use super::*;
use crate::delete_class::DeleteClass;

/// Counts how often a use case is decided.
struct Counted<'u, U>(&'u U, AtomicU32);

impl<'u, U> Counted<'u, U> {
    fn new(use_case: &'u U) -> Self {
        Self(use_case, AtomicU32::new(0))
    }

    fn times(&self) -> u32 {
        self.1.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl<U: UseCase> UseCase for Counted<'_, U> {
    type Output = U::Output;

    async fn load(&self, loader: &mut Loader<'_>) -> Result<(), StoreError> {
        self.0.load(loader).await
    }

    fn decide(&self, work: &mut Work) -> Result<U::Output, Undecided> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.decide(work)
    }
}

/// A refusal that owes nothing to memory is final at once.
#[tokio::test]
async fn a_refusal_on_fresh_state_is_final() {
    let commands = on(&empty().await);
    let register = register();
    let counted = Counted::new(&register);
    let refused = commands.execute(&by(), &counted).await.unwrap_err();
    assert!(matches!(
        refused,
        CommandError::Refused(Refusal::EstablishmentNotFound)
    ));
    assert_eq!(counted.times(), 1);
}

/// A class is remembered as the last action left it; what another server did to it meanwhile is found out
/// by the append, and the action done on what the class is.
#[tokio::test]
async fn what_another_server_did_is_found_out() {
    let store = empty().await;
    let (one, other) = (on(&store), on(&store));
    with_class(&one).await;
    let rename = [rename(2), rename(3), rename(4), rename(5)];
    let counted: Vec<_> = rename.iter().map(Counted::new).collect();
    one.execute(&by(), &counted[0]).await.unwrap();
    assert_eq!(counted[0].times(), 1);
    other.execute(&by(), &counted[1]).await.unwrap();
    assert_eq!(counted[1].times(), 1);
    one.execute(&by(), &counted[2]).await.unwrap();
    assert_eq!(counted[2].times(), 2);
    one.execute(&by(), &counted[3]).await.unwrap();
    assert_eq!(counted[3].times(), 1);
}

/// Memory refuses nobody and calls nothing done: both are believed of the log alone.
#[tokio::test]
async fn nothing_is_said_from_memory_alone() {
    let store = empty().await;
    let (one, other) = (on(&store), on(&store));
    with_class(&one).await;
    other.execute(&by(), &rename(2)).await.unwrap();
    let back = rename(1);
    let counted = Counted::new(&back);
    one.execute(&by(), &counted).await.unwrap();
    assert_eq!(counted.times(), 2);

    other.execute(&by(), &rename(3)).await.unwrap();
    let delete = DeleteClass {
        establishment: uai(),
        class: class(1),
        expected_versions: Some(vec![4]),
    };
    let counted = Counted::new(&delete);
    one.execute(&by(), &counted).await.unwrap();
    assert_eq!(counted.times(), 2);
}

/// A refusal that stands on fresh state is final too.
#[tokio::test]
async fn a_refusal_from_memory_is_decided_once_more() {
    let commands = on(&empty().await);
    with_class(&commands).await;
    let delete = DeleteClass {
        establishment: uai(),
        class: class(1),
        expected_versions: Some(vec![9]),
    };
    let counted = Counted::new(&delete);
    let refused = commands.execute(&by(), &counted).await.unwrap_err();
    let stale = Refusal::StaleVersion { current: 1 };
    assert!(matches!(refused, CommandError::Refused(it) if it == stale));
    assert_eq!(counted.times(), 2);
}

/// A class that an append failed on is read again: who knows why it failed.
#[tokio::test]
async fn a_class_is_forgotten_where_appending_failed() {
    let commands = on(&empty().await);
    with_class(&commands).await;
    assert!(commands.recent.get(class(1)).is_some());
    let row = Row {
        refuses: true,
        ..Row::default()
    };
    let writes: [&dyn Write; 1] = [&row];
    let refused = commands
        .execute_with(&by(), &rename(2), &writes)
        .await
        .unwrap_err();
    assert!(matches!(refused, CommandError::Refused(_)));
    assert!(commands.recent.get(class(1)).is_none());
}
