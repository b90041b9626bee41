//! What may be asked of the history: every filter, page by page.

use acceptance::{engine::Engine, on_both_engines, scene::Scene};
use anyhow::{Context as _, ensure};
use chrono::DateTime;
use domain::{class::ClassEvent, student::StudentEvent};
use serde_json::Value;

use super::{SMALL, administrator, all, asked, move_to};

on_both_engines!(
    every_filter_pages_through_what_matches,
    until_for_ever_is_everything,
    bad_filters_are_named,
);

/// What a filter says of one event.
type Matches<'a> = &'a dyn Fn(&Value) -> bool;

/// Whether an event stands in the stream of a class, or of a pupil.
fn is_of(kinds: &[(&str, &str)], event: &Value) -> bool {
    kinds.iter().any(|(kind, _)| event["type"] == *kind)
}

fn instant(event: &Value) -> anyhow::Result<DateTime<chrono::FixedOffset>> {
    let text = event["recorded_at"].as_str().context("no instant")?;
    Ok(DateTime::parse_from_rfc3339(text)?)
}

/// An event that a filter or the edge of a page swallows is one that an inquiry never finds. Whatever
/// is asked, page by page, is exactly what a look at every event would have found, in order.
async fn every_filter_pages_through_what_matches(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let neighbour = scene.world.school(SMALL).await?;
    let (left, joined) = (scene.school.class(0), scene.school.class(1));
    let student = scene.school.classes[0].1[0];
    for class in [joined, left, joined] {
        move_to(&scene, student, class).await?;
    }
    let administrator = administrator(&scene).await?;
    let everything = all(&administrator, "", 7).await?;
    ensure!(i64::try_from(everything.len())? == scene.world.event_count().await?);
    let positions: Vec<_> = everything
        .iter()
        .map(|it| it["position"].as_i64())
        .collect();
    ensure!(positions.is_sorted_by(|a, b| a > b), "{positions:?}");
    ensure!(all(&administrator, "", 200).await? == everything);

    let uai = &scene.school.uai;
    let head = scene.school.staff[0].id;
    let middle = everything[everything.len() / 2].clone();
    let (at, text) = (instant(&middle)?, middle["recorded_at"].clone());
    let text = text.as_str().context("no instant")?;
    let of_class =
        |event: &Value| is_of(ClassEvent::KINDS, event) && event["class"] == *left.to_string();
    let of_pupil = |event: &Value| is_of(StudentEvent::KINDS, event);
    let about = |event: &Value| event["student"] == *student.to_string();
    let here = |event: &Value| event["establishment"] == uai.as_str();
    let later = |event: &Value| instant(event).is_ok_and(|it| it >= at);
    let by_head = |event: &Value| event["actor"]["id"] == *head.to_string();
    let moved = |event: &Value| event["type"] == "StudentMoved";
    let cases: [(String, Matches<'_>); 12] = [
        (format!("establishment={uai}"), &here),
        (format!("class={left}"), &of_class),
        (format!("student={student}"), &|it| {
            of_pupil(it) && about(it)
        }),
        (format!("class={left}&student={student}"), &|it| {
            of_class(it) && about(it)
        }),
        (format!("actor={head}"), &by_head),
        ("type=StudentMoved".to_owned(), &moved),
        (format!("since={text}"), &later),
        (format!("until={text}"), &|it| !later(it)),
        ("since=2999-01-01".to_owned(), &|_| false),
        (
            format!("establishment={uai}&type=StudentMoved&since={text}&actor={head}"),
            &|it| here(it) && moved(it) && later(it) && by_head(it),
        ),
        (
            format!("student={student}&establishment={uai}&until={text}"),
            &|it| of_pupil(it) && about(it) && here(it) && !later(it),
        ),
        (format!("establishment={}", neighbour.uai), &|it| {
            it["establishment"] == neighbour.uai.as_str()
        }),
    ];
    for (filters, matches) in cases {
        let expected: Vec<_> = everything
            .iter()
            .filter(|it| matches(it))
            .cloned()
            .collect();
        // Only of the future is nothing known.
        ensure!(expected.is_empty() == filters.contains("2999"), "{filters}");
        for limit in [3, 200] {
            let found = all(&administrator, &filters, limit).await?;
            ensure!(found == expected, "{filters}, {limit} a page: {found:#?}");
        }
    }
    Ok(())
}

/// Programs that want everything say so with the last day that can be written: it is a day like any other.
async fn until_for_ever_is_everything(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let everything = all(&scene.head, "", 200).await?;
    ensure!(!everything.is_empty());
    for until in [
        "9999-12-31",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-10:00",
    ] {
        let found = all(&scene.head, &format!("until={until}"), 200).await?;
        ensure!(found == everything, "{until}: {found:#?}");
        let uai = &scene.school.uai;
        let then = format!("/api/v1/audit/establishments/{uai}/classes?as_of={until}");
        ensure!(
            !scene
                .head
                .get(&then)
                .await?
                .expect(200)?
                .items()?
                .is_empty()
        );
        let none = all(&scene.head, &format!("since={until}"), 200).await?;
        ensure!(none.is_empty(), "{until}: {none:#?}");
    }
    Ok(())
}

/// A slip of the keyboard must not pass for "nothing happened": every field at fault is named, all at
/// once.
async fn bad_filters_are_named(engine: Engine) -> anyhow::Result<()> {
    let scene = Scene::new(engine, SMALL).await?;
    let administrator = administrator(&scene).await?;
    let bad = "establishment=1&class=2&student=3&actor=4&correlation=8&type=5&since=6&until=7&limit=8000&after=9";
    let refused = asked(&administrator, bad).await?;
    let refused = refused.expect_problem(422, "validation")?;
    let errors = refused.body["errors"].as_array().context("no errors")?;
    let named: Vec<_> = errors
        .iter()
        .filter_map(|it| it["field"].as_str())
        .collect();
    let asked_for: Vec<_> = bad
        .split('&')
        .filter_map(|it| it.split('=').next())
        .collect();
    ensure!(named == asked_for, "{errors:#?}");
    let unknown = errors[5]["detail"].as_str().context("no detail")?;
    for known in ["EstablishmentListed", "StudentMoved", "ClassPurged"] {
        ensure!(unknown.contains(known), "{unknown}");
    }
    let refused = asked(&scene.head, "since=hier").await?;
    refused.expect_problem(422, "validation")?;
    Ok(())
}
