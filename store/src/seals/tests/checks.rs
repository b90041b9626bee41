//! What a check finds of each way to tamper.

use super::*;
use crate::Excerpt;

fn check(events: &[Event], seals: Vec<Seal>, outside: Option<Seal>) -> SealReport {
    let mut checker = Checker::new(seals);
    if let Some(outside) = outside {
        checker = checker.against(outside);
    }
    for event in events {
        checker.absorb(&event.raw());
    }
    checker.finish()
}

/// What is broken after `tamper`: number, first and last position, faults.
fn broken(tamper: impl FnOnce(&mut Vec<Event>, &mut Vec<Seal>)) -> Vec<BrokenSeal> {
    let mut broken = broken_or_the_one_before(tamper);
    for seal in &mut broken {
        seal.or_previous = None;
    }
    broken
}

/// The same with where it may be instead.
fn broken_or_the_one_before(
    tamper: impl FnOnce(&mut Vec<Event>, &mut Vec<Seal>),
) -> Vec<BrokenSeal> {
    let (mut events, mut seals) = sealed_log();
    tamper(&mut events, &mut seals);
    check(&events, seals, None).broken
}

fn seal(number: i64, first: i64, last: i64, faults: &[Fault]) -> BrokenSeal {
    BrokenSeal {
        number,
        first,
        last,
        faults: faults.to_vec(),
        or_previous: None,
    }
}

#[test]
fn an_untouched_log_is_sound() {
    let (events, seals) = sealed_log();
    let report = check(&events, seals.clone(), Some(seals[1].clone()));
    assert!(report.is_sound());
    assert_eq!(
        report,
        SealReport {
            seals: 3,
            sealed_events: 8,
            unsealed_events: 2,
            altered: Excerpt::default(),
            broken: Vec::new(),
            outside: Some(Outside::Holds),
        }
    );
    assert!(check(&[], Vec::new(), None).is_sound());
}

/// Only the seal over the change is reported: where to look matters more than that something is wrong.
#[test]
fn a_change_is_found_where_it_is() {
    let changes: [fn(&mut Event); 3] = [
        |event| event.texts[4] = "{\"name\":\"3e B\"}".to_owned(),
        |event| event.texts[5] = "{\"actor\":{\"role\":\"teacher\"}}".to_owned(),
        |event| event.seconds += 1,
    ];
    for change in changes {
        for (changed, expected) in [
            (0, seal(1, 10, 30, &[Fault::Hash])),
            (4, seal(2, 40, 60, &[Fault::Hash])),
            (7, seal(3, 70, 80, &[Fault::Hash])),
        ] {
            assert_eq!(broken(|events, _| change(&mut events[changed])), [expected]);
        }
    }
}

#[test]
fn a_removed_event_is_found() {
    let fewer = |sealed, found| Fault::Events { sealed, found };
    assert_eq!(
        broken(|events, _| drop(events.remove(4))),
        [seal(2, 40, 60, &[fewer(3, 2), Fault::Hash])]
    );
    // The last of a seal, and the last that is sealed.
    assert_eq!(
        broken(|events, _| drop(events.remove(5))),
        [seal(
            2,
            40,
            60,
            &[fewer(3, 2), Fault::EndMissing, Fault::Hash]
        )]
    );
    assert_eq!(
        broken(|events, _| events.truncate(7)),
        [seal(
            3,
            70,
            80,
            &[fewer(2, 1), Fault::EndMissing, Fault::Hash]
        )]
    );
    // Everything under a seal, and everything.
    assert_eq!(
        broken(|events, _| drop(events.drain(3..6))),
        [seal(
            2,
            60,
            60,
            &[fewer(3, 0), Fault::EndMissing, Fault::Hash]
        )]
    );
    assert_eq!(broken(|events, _| events.clear()).len(), 3);
}

#[test]
fn an_inserted_event_is_found() {
    let more = Fault::Events {
        sealed: 3,
        found: 4,
    };
    assert_eq!(
        broken(|events, _| events.insert(4, event(45))),
        [seal(2, 40, 60, &[more, Fault::Hash])]
    );
}

#[test]
fn events_that_changed_places_are_found() {
    let swap = |events: &mut Vec<Event>, one: usize, other: usize| {
        let (left, right) = (events[one].clone(), events[other].clone());
        events[one].texts = right.texts;
        events[one].texts[4].push(' ');
        events[other].texts = left.texts;
    };
    assert_eq!(
        broken(|events, _| swap(events, 3, 4)),
        [seal(2, 40, 60, &[Fault::Hash])]
    );
    assert_eq!(
        broken(|events, _| swap(events, 2, 3)),
        [seal(1, 10, 30, &[Fault::Hash])]
    );
}

/// Two changes far apart are two findings.
#[test]
fn every_change_is_found() {
    let twice = broken(|events, _| {
        events[0].seconds += 1;
        events[7].seconds += 1;
    });
    assert_eq!(
        twice,
        [
            seal(1, 10, 30, &[Fault::Hash]),
            seal(3, 70, 80, &[Fault::Hash])
        ]
    );
}

/// Whoever reads the report must not look for a change in the log where there is none.
#[test]
fn a_seal_that_was_changed_is_told_from_events_that_were() {
    let other = "0".repeat(64);
    assert_eq!(
        broken(|_, seals| seals[1].hash.clone_from(&other)),
        [seal(2, 40, 60, &[Fault::Rewritten])]
    );
    // No seal after it can say whether it was the log.
    assert_eq!(
        broken(|_, seals| seals[2].hash.clone_from(&other)),
        [seal(3, 70, 80, &[Fault::Hash])]
    );
    assert_eq!(
        broken(|_, seals| seals[1].hash = "no hash".to_owned()),
        [seal(2, 40, 60, &[Fault::Rewritten])]
    );
    assert_eq!(
        broken(|_, seals| seals[1].sealed_at += chrono::TimeDelta::nanoseconds(1)),
        [seal(2, 40, 60, &[Fault::Hash])]
    );
    assert_eq!(
        broken(|_, seals| seals[1].events = 4),
        [seal(
            2,
            40,
            60,
            &[Fault::Events {
                sealed: 4,
                found: 3
            }]
        )]
    );
    let moved = broken(|_, seals| {
        seals[1].position = 50;
        seals[1].transaction = 750;
    });
    assert_eq!(
        moved.iter().map(|seal| seal.number).collect::<Vec<_>>(),
        [2, 3]
    );
}

/// Somebody changes an event and makes its seal anew, and not those after it: the next one is the first that
/// does not hold, and nothing under it was changed. Nobody can tell that from a change under the next one,
/// so that both places are named; a seal that was rewritten alone is told from either.
#[test]
fn an_event_forged_with_its_seal_is_looked_for_in_both_places() {
    let forged = broken_or_the_one_before(|events, seals| {
        events[4].seconds += 1;
        seals[1] = seal_of(Some(&seals[0]), &events[3..6]);
    });
    let mut expected = seal(3, 70, 80, &[Fault::Hash]);
    expected.or_previous = Some(SealRange {
        number: 2,
        first: 40,
        last: 60,
    });
    assert_eq!(forged, [expected.clone()]);
    let changed = broken_or_the_one_before(|events, _| events[6].seconds += 1);
    assert_eq!(changed, [expected]);
    let rewritten = broken_or_the_one_before(|_, seals| seals[1].hash = "0".repeat(64));
    assert_eq!(rewritten, [seal(2, 40, 60, &[Fault::Rewritten])]);
    let first = broken_or_the_one_before(|events, _| events[0].seconds += 1);
    assert_eq!(first, [seal(1, 10, 30, &[Fault::Hash])]);
}

/// The very event is named, sealed or not, whether it was changed or its digest.
#[test]
fn an_event_is_compared_with_its_digest() {
    let (mut events, seals) = sealed_log();
    events[2].appended = [0; 32];
    for at in [1, 4, 9] {
        events[at].texts[4].push(' ');
    }
    let report = check(&events, seals, None);
    assert_eq!(report.altered.first, [20, 30, 50, 100]);
    assert!(!report.is_sound());
    let broken = report.broken.iter().map(|seal| seal.number);
    assert_eq!(broken.collect::<Vec<_>>(), [1, 2]);
}

/// An event that is no text, or at no instant, is like no other, and no reason to leave those after it alone.
#[test]
fn an_event_that_cannot_be_read_is_a_change() {
    let (events, seals) = sealed_log();
    let mut checker = Checker::new(seals);
    for (place, event) in events.iter().enumerate() {
        let raw = event.raw();
        if place == 4 {
            checker.absorb_unreadable(raw.checkpoint);
        } else {
            checker.absorb(&raw);
        }
    }
    let numbers = checker.finish().broken.into_iter().map(|seal| seal.number);
    assert_eq!(numbers.collect::<Vec<_>>(), [2]);
}

#[test]
fn a_missing_seal_is_found() {
    let all = Fault::Events {
        sealed: 2,
        found: 5,
    };
    assert_eq!(
        broken(|_, seals| drop(seals.remove(1))),
        [seal(
            3,
            40,
            80,
            &[Fault::Number { expected: 2 }, all, Fault::Hash]
        )]
    );
}

/// Somebody who can write everywhere changes an event, its digest, and makes all seals anew. Inside the database
/// nothing shows; the seal kept elsewhere does.
#[test]
fn rewriting_log_and_seals_together_is_found_with_a_seal_kept_outside() {
    let (mut events, seals) = sealed_log();
    events[1].seconds += 1;
    events[1] = events[1].clone().appended();
    let first = seal_of(None, &events[..3]);
    let second = seal_of(Some(&first), &events[3..6]);
    let third = seal_of(Some(&second), &events[6..8]);
    let forged = vec![first, second, third];
    assert!(check(&events, forged.clone(), None).is_sound());
    for kept in seals {
        let report = check(&events, forged.clone(), Some(kept));
        assert_eq!(report.outside, Some(Outside::Differs));
        assert!(!report.is_sound());
    }
}

/// The seals between are only where they cut: their hashes prove nothing against a seal kept outside, and
/// changing them takes nothing away from it.
#[test]
fn a_seal_kept_outside_is_compared_with_the_log_alone() {
    let (mut events, mut seals) = sealed_log();
    let kept = seals[2].clone();
    seals[0].hash = "0".repeat(64);
    let report = check(&events, seals, Some(kept.clone()));
    assert_eq!(report.outside, Some(Outside::Holds));
    assert_eq!(report.broken.len(), 1);

    events[8].seconds += 1;
    let (_, seals) = sealed_log();
    let after = check(&events, seals.clone(), Some(kept.clone()));
    assert_eq!(
        after.outside,
        Some(Outside::Holds),
        "changed after the seal"
    );
    events[0].seconds += 1;
    let before = check(&events, seals.clone(), Some(kept.clone()));
    assert_eq!(before.outside, Some(Outside::Differs));
    let gone = check(&events, seals[..2].to_vec(), Some(kept));
    assert_eq!(gone.outside, Some(Outside::Missing));
}
