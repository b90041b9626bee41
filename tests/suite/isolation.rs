//! Every route, asked by everybody of another establishment, and by nobody.

mod probes;

use std::collections::BTreeSet;

use acceptance::{
    audit,
    client::{Answer, Client},
    engine::Engine,
    newcomer::invitation,
    on_both_engines,
    scene::Scene,
    world::{Account, Size},
};
use anyhow::{Context as _, ensure};
use domain::{ids::ClassId, values::Role};
use reqwest::Method;
use serde_json::{Value, json};

use self::probes::{
    CLASS, MY_ESTABLISHMENT, Probe, Reach, SESSION, TOKEN_ROUTES, UNDOCUMENTED, probes,
};

on_both_engines!(nobody_reaches_into_another_establishment);

/// A teacher who could read, or worse move, another school's pupils would be the end of the service.
/// One forgotten check in one handler is enough, so every route is asked, by every role there is.
async fn nobody_reaches_into_another_establishment(engine: Engine) -> anyhow::Result<()> {
    let size = Size {
        classes: 3,
        students_per_class: 1,
        without_class: 0,
    };
    // Everybody asks for the same, from one place.
    let scene = Scene::with(engine, size, &[("MONSTAGE_THROTTLE", "off")]).await?;
    let empty = scene.world.class(&scene.school.uai, "3e vide").await?;
    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invitations = scene.school.path("/invitations");
    let sent = scene.head.post(&invitations, form).await?.expect(201)?;
    let probes = probes(&scene.school, &sent.text_at("/id")?);
    every_route_has_a_probe(&scene, &probes).await?;

    let neighbour = scene.world.school(size).await?;
    let administrator = scene.world.administrator().await?;
    let mut strangers = neighbour.staff.clone();
    strangers.extend([neighbour.student.clone(), administrator.clone()]);
    let mut callers = vec![(None, scene.server.client())];
    for stranger in strangers {
        let client = scene.server.client().sign_in(&stranger.email).await?;
        callers.push((Some(stranger), client));
    }
    let before = (students(&scene).await?, scene.world.event_count().await?);
    for (caller, client) in &callers {
        for probe in &probes {
            if probe.reach == Reach::Administrators && is_administrator(caller.as_ref()) {
                continue;
            }
            let answer = ask(client, probe).await?;
            let code = answer.body["code"].as_str().unwrap_or_default();
            let expected = expected(probe.reach, probe.method, caller.as_ref());
            ensure!(
                expected.contains(&(answer.status, code)),
                "{caller:?} at {} {}: {answer:#?}",
                probe.method,
                probe.route
            );
            leaks_nothing(probe, caller.as_ref(), &answer, &scene)?;
        }
    }
    let after = (students(&scene).await?, scene.world.event_count().await?);
    ensure!(before == after, "a stranger changed something");

    own_student_is_kept_out(&scene, &probes).await?;
    the_right_person_succeeds(&scene, &probes, empty, &administrator).await?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

async fn ask(client: &Client, probe: &Probe) -> anyhow::Result<Answer> {
    let method: Method = probe.method.to_uppercase().parse()?;
    let request = client.request(method, &probe.path);
    let request = match &probe.body {
        Some(body) => request.json(body),
        None => request,
    };
    client.send(request).await
}

/// What somebody who is not of the school must be answered.
fn expected(
    reach: Reach,
    method: &str,
    caller: Option<&Account>,
) -> &'static [(u16, &'static str)] {
    let role = caller.map(|account| account.role);
    match (reach, role) {
        (Reach::Public, _) => &[
            (200, ""),
            (202, ""),
            (401, "credentials_invalid"),
            (410, "token_invalid"),
        ],
        (_, None) => &[(401, "unauthenticated")],
        (Reach::Session, _) | (Reach::Administrators, Some(Role::Administrator)) => {
            &[(200, ""), (204, "")]
        }
        (Reach::Staff | Reach::Head, Some(Role::Administrator)) if method == "get" => &[(200, "")],
        // A pupil is in one establishment at a time.
        (Reach::OwnStudent, Some(Role::Student)) => &[(409, "conflict")],
        (Reach::OwnStudent, _)
        | (Reach::OwnStaff, Some(Role::Student))
        | (Reach::Staff | Reach::Head | Reach::OwnStaff, Some(Role::Administrator)) => {
            &[(403, "forbidden")]
        }
        (Reach::Staff | Reach::Head | Reach::OwnStaff, _) => &[(404, "not_found")],
        // That the route exists is in the public document; that the school does, in the directory.
        (Reach::Administrators, _) => &[(403, "forbidden"), (404, "not_found")],
    }
}

async fn every_route_has_a_probe(scene: &Scene, probes: &[Probe]) -> anyhow::Result<()> {
    let document = scene
        .server
        .client()
        .get("/api/openapi.json")
        .await?
        .expect(200)?;
    let paths = document.body["paths"].as_object().context("no paths")?;
    let mut routes = BTreeSet::new();
    for (path, methods) in paths {
        let methods = methods.as_object().context("no methods")?;
        routes.extend(
            methods
                .keys()
                .map(|method| (method.as_str(), path.as_str())),
        );
    }
    let documented = |probe: &&Probe| !UNDOCUMENTED.contains(&probe.route);
    let asked = probes
        .iter()
        .filter(documented)
        .map(|probe| (probe.method, probe.route));
    let asked: BTreeSet<_> = asked.collect();
    let missing: Vec<_> = routes.difference(&asked).collect();
    let stale: Vec<_> = asked.difference(&routes).collect();
    ensure!(
        missing.is_empty(),
        "routes without a probe, see `probes`: {missing:?}"
    );
    ensure!(
        stale.is_empty(),
        "probes for routes that the document lacks: {stale:?}"
    );
    Ok(())
}

fn is_administrator(caller: Option<&Account>) -> bool {
    caller.is_some_and(|account| account.role == Role::Administrator)
}

async fn students(scene: &Scene) -> anyhow::Result<Value> {
    let answer = scene
        .head
        .get(&scene.school.path("/students?limit=200"))
        .await?;
    Ok(answer.expect(200)?.body)
}

/// What the directory says of a school is public; its classes' and pupils' ids are not, not even in
/// an error.
fn leaks_nothing(
    probe: &Probe,
    caller: Option<&Account>,
    answer: &Answer,
    scene: &Scene,
) -> anyhow::Result<()> {
    let is_public = matches!(
        probe.reach,
        Reach::Public | Reach::Session | Reach::Administrators
    );
    if is_administrator(caller) || is_public {
        return Ok(());
    }
    let asked = format!("{}{:?}", probe.path, probe.body);
    let ids = scene.school.classes.iter().flat_map(|(class, students)| {
        students
            .iter()
            .map(ToString::to_string)
            .chain([class.to_string()])
    });
    for id in ids.filter(|id| !asked.contains(id)) {
        ensure!(!answer.text.contains(&id), "{id} shows in {answer:#?}");
    }
    Ok(())
}

/// A pupil of the school itself must not read the lists of the others, nor move anybody.
async fn own_student_is_kept_out(scene: &Scene, probes: &[Probe]) -> anyhow::Result<()> {
    let student = scene
        .server
        .client()
        .sign_in(&scene.school.student.email)
        .await?;
    let kept_out = |probe: &&Probe| {
        matches!(
            probe.reach,
            Reach::Staff | Reach::Head | Reach::OwnStaff | Reach::Administrators
        )
    };
    for probe in probes.iter().filter(kept_out) {
        ask(&student, probe)
            .await?
            .expect_problem(403, "forbidden")?;
    }
    Ok(())
}

/// Had a probe a mistake in its path, everybody would be refused, and the test above would pass for
/// nothing. The school's own head, and an administrator, must succeed with each.
async fn the_right_person_succeeds(
    scene: &Scene,
    probes: &[Probe],
    empty: ClassId,
    administrator: &Account,
) -> anyhow::Result<()> {
    let service = scene.server.client().sign_in(&administrator.email).await?;
    for probe in probes {
        let client = match probe.reach {
            Reach::Administrators => &service,
            _ => &scene.head,
        };
        let answer = match (probe.method, probe.route) {
            ("post", SESSION) => continue,
            ("post", route) if TOKEN_ROUTES.contains(&route) => continue,
            ("put", MY_ESTABLISHMENT) => ask(&rejected_student(scene).await?, probe).await?,
            // The probe's own class is not empty, which is another refusal.
            ("delete", CLASS) => client.delete(&format!("/api/v1/classes/{empty}")).await?,
            _ => ask(client, probe).await?,
        };
        let succeeded = matches!(answer.status, 200 | 201 | 202 | 204);
        ensure!(succeeded, "{} {}: {answer:#?}", probe.method, probe.route);
    }
    Ok(())
}

/// The school's own pupil, who may choose an establishment again.
async fn rejected_student(scene: &Scene) -> anyhow::Result<Client> {
    let student = &scene.school.student;
    let reject = json!({ "student_id": student.id, "not_in_establishment": true });
    scene.move_students(json!([reject])).await?;
    scene.server.client().sign_in(&student.email).await
}
