//! Every route of the API and of the pages, asked by everybody: of the school, of another establishment, and
//! by nobody.

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
use accounts::{
    headship::{HeadInvited, invite_head},
    throttling::Throttle,
};
use anyhow::{Context as _, ensure};
use domain::{
    ids::InvitationId,
    values::{EmailAddress, Role},
};
use pages::home::Demo;
use reqwest::Method;
use serde_json::{Value, json};
use web::{AppState, SignUpRules};

use self::probes::{Body, MY_ESTABLISHMENT, Probe, REFUSED, Reach, Things, UNDOCUMENTED};

on_both_engines!(
    nobody_reaches_into_another_establishment_through_the_api,
    nobody_reaches_into_another_establishment_through_the_pages,
);

const SIZE: Size = Size {
    classes: 3,
    students_per_class: 1,
    without_class: 0,
};

/// A way in: its table, how its routes are learned, and what it answers by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Api,
    Pages,
}

/// A teacher who could read, or worse move, another school's pupils would be the end of the service.
/// One forgotten check in one handler is enough, so every route is asked, by every role there is.
async fn nobody_reaches_into_another_establishment_through_the_api(
    engine: Engine,
) -> anyhow::Result<()> {
    everybody_asks_everything(engine, Way::Api).await
}

/// The same through the pages, each of which every role opens.
async fn nobody_reaches_into_another_establishment_through_the_pages(
    engine: Engine,
) -> anyhow::Result<()> {
    everybody_asks_everything(engine, Way::Pages).await
}

async fn everybody_asks_everything(engine: Engine, way: Way) -> anyhow::Result<()> {
    // Everybody asks for the same, from one place.
    let scene = Scene::with(engine, SIZE, &[("MONSTAGE_THROTTLE", "off")]).await?;
    let form = invitation(Role::Teacher, "invitee@ac-demo.test");
    let invitations = scene.school.path("/invitations");
    let sent = scene.head.post(&invitations, form).await?.expect(201)?;
    let things = Things {
        school: &scene.school,
        invitation: sent.text_at("/id")?.parse()?,
        handover: handover(&scene).await?,
        empty: scene.world.class(&scene.school.uai, "3e vide").await?,
        asset: asset(&scene).await?,
    };
    let probes = match way {
        Way::Api => probes::api(&things),
        Way::Pages => probes::pages(&things),
    };
    every_route_has_a_probe(&scene, way, &probes).await?;

    let neighbour = scene.world.school(SIZE).await?;
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
            let is_theirs = probe.reach == Reach::Administrators && probe.method != "get";
            if is_theirs && is_administrator(caller.as_ref()) {
                continue;
            }
            let answer = ask(client, probe).await?;
            let expected = expected(probe, way, caller.as_ref());
            answered(probe, caller.as_ref(), &answer, &expected)?;
            leaks_nothing(probe, caller.as_ref(), &answer, &scene)?;
        }
    }
    members_do_what_they_may(&scene, &probes).await?;
    let after = (students(&scene).await?, scene.world.event_count().await?);
    ensure!(before == after, "a stranger changed something");

    the_right_person_succeeds(&scene, &probes, &administrator).await?;
    audit::everything(scene.world.store()).await?;
    Ok(())
}

/// An administrator invites the school's next head.
async fn handover(scene: &Scene) -> anyhow::Result<InvitationId> {
    let email = EmailAddress::parse("cheffe@ailleurs.test")?;
    let (world, uai) = (&scene.world, &scene.school.uai);
    match invite_head(&world.commands, &world.by(), uai, &email).await? {
        HeadInvited::Sent(sent) => Ok(sent.invitation),
        other => anyhow::bail!("{other:?}"),
    }
}

/// The address of the style sheet, as the first page has it.
async fn asset(scene: &Scene) -> anyhow::Result<String> {
    let home = scene.server.client().get("/").await?.expect(200)?;
    let (_, rest) = home
        .text
        .split_once("href=\"/static/")
        .context("no style")?;
    let name = rest.split('"').next().context("no address")?;
    Ok(format!("/static/{name}"))
}

async fn ask(client: &Client, probe: &Probe) -> anyhow::Result<Answer> {
    let method: Method = probe.method.to_uppercase().parse()?;
    match &probe.body {
        Body::Form(fields) => client.send_form(&probe.path, fields).await,
        Body::Json(body) => {
            let request = client.request(method, &probe.path);
            client.send(request.json(body)).await
        }
        Body::None => client.send(client.request(method, &probe.path)).await,
    }
}

/// Fails unless the answer is one of these: a status and, from the API, a code.
fn answered(
    probe: &Probe,
    caller: Option<&Account>,
    answer: &Answer,
    expected: &[(u16, &str)],
) -> anyhow::Result<()> {
    let code = answer.body["code"].as_str().unwrap_or_default();
    ensure!(
        expected.contains(&(answer.status, code)),
        "{caller:?} at {} {}, not {expected:?}: {answer:#?}",
        probe.method,
        probe.route
    );
    Ok(())
}

/// What somebody who is not of the school must be answered.
fn expected(probe: &Probe, way: Way, caller: Option<&Account>) -> Vec<(u16, &'static str)> {
    match way {
        Way::Api => by_the_api(probe, caller).to_vec(),
        Way::Pages => by_the_pages(probe, caller)
            .iter()
            .map(|status| (*status, ""))
            .collect(),
    }
}

fn by_the_api(probe: &Probe, caller: Option<&Account>) -> &'static [(u16, &'static str)] {
    let role = caller.map(|account| account.role);
    match (probe.reach, role) {
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
        (Reach::Staff | Reach::Head, Some(Role::Administrator)) => match probe.method {
            "get" => &[(200, "")],
            _ => &[(403, "forbidden")],
        },
        (Reach::Own(roles), Some(role)) if !roles.contains(&role) => &[(403, "forbidden")],
        // A pupil is in one establishment at a time.
        (Reach::Own(_), Some(Role::Student)) => &[(409, "conflict")],
        (Reach::Staff | Reach::Head | Reach::Own(_), _) => &[(404, "not_found")],
        // That the route exists is in the public document; that the school does, in the directory.
        (Reach::Administrators, _) => &[(403, "forbidden"), (404, "not_found")],
    }
}

fn by_the_pages(probe: &Probe, caller: Option<&Account>) -> &'static [u16] {
    let role = caller.map(|account| account.role);
    match (probe.reach, role) {
        (Reach::Public, _) if probe.method == "get" => &[200],
        (Reach::Public, _) => &[303, 401, 410],
        // To sign in first.
        (_, None) if probe.method == "get" => &[303],
        (_, None) => &[401],
        (Reach::Own(roles), Some(role)) if roles.contains(&role) => &[200],
        (Reach::Session, _) | (Reach::Administrators, Some(Role::Administrator)) => &[200],
        (Reach::Own(_), _) => &[403],
        (Reach::Staff | Reach::Head, Some(Role::Administrator)) if probe.method == "get" => {
            &[200, 403]
        }
        // What is not for the role at all may say so before it is looked for.
        (Reach::Staff, Some(role)) if role.staff().is_some() => &[404],
        (Reach::Head, Some(Role::Head)) => &[404],
        (Reach::Staff | Reach::Head | Reach::Administrators, _) => &[403, 404],
    }
}

async fn every_route_has_a_probe(scene: &Scene, way: Way, probes: &[Probe]) -> anyhow::Result<()> {
    let routes = match way {
        Way::Api => documented(scene).await?,
        Way::Pages => served(scene).await?,
    };
    let known = probes
        .iter()
        .filter(|probe| !UNDOCUMENTED.contains(&probe.route))
        .map(|probe| (probe.method.to_owned(), probe.route.to_owned()));
    let known: BTreeSet<_> = known.collect();
    let missing: Vec<_> = routes.difference(&known).collect();
    let stale: Vec<_> = known.difference(&routes).collect();
    ensure!(
        missing.is_empty(),
        "routes without a probe, see `probes`: {missing:?}"
    );
    ensure!(stale.is_empty(), "probes for no route: {stale:?}");
    Ok(())
}

/// The routes of the OpenAPI document, each with its method.
async fn documented(scene: &Scene) -> anyhow::Result<BTreeSet<(String, String)>> {
    let client = scene.server.client();
    let document = client.get("/api/openapi.json").await?.expect(200)?;
    let paths = document.body["paths"].as_object().context("no paths")?;
    let mut routes = BTreeSet::new();
    for (path, methods) in paths {
        let methods = methods.as_object().context("no methods")?;
        routes.extend(methods.keys().map(|method| (method.clone(), path.clone())));
    }
    Ok(routes)
}

/// The routes of the pages: the paths that their router names, each with the methods that the server lets it
/// be asked by.
async fn served(scene: &Scene) -> anyhow::Result<BTreeSet<(String, String)>> {
    let state = AppState::new(
        scene.world.commands.clone(),
        None,
        SignUpRules::default(),
        Throttle::off(),
    );
    let listing = format!("{:?}", pages::routes(Demo::default(), None, &state));
    let named = listing.split('"').filter(|text| text.starts_with('/'));
    // Whatever is no page's is the fallback's.
    let paths: BTreeSet<&str> = named.filter(|path| !path.contains("{*")).collect();
    ensure!(
        paths.len() > 30,
        "the router does not name its paths: {listing}"
    );
    let client = scene.server.client();
    let mut routes = BTreeSet::new();
    for path in paths {
        let refused = client.request(Method::OPTIONS, path);
        let refused = client.send(refused).await?.expect(405)?;
        let allowed = refused.headers.get("allow").context("no Allow")?.to_str()?;
        let methods = allowed.split(',').filter(|method| *method != "HEAD");
        routes.extend(methods.map(|method| (method.to_lowercase(), path.to_owned())));
    }
    Ok(routes)
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
    let asked = match &probe.body {
        Body::None => probe.path.clone(),
        Body::Json(body) => format!("{}{body}", probe.path),
        Body::Form(fields) => format!("{}{fields:?}", probe.path),
    };
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

/// Everybody of the school itself is let in to what is theirs, and kept out of the rest: a pupil must not read
/// the lists of the others, nor a teacher remove a colleague.
async fn members_do_what_they_may(scene: &Scene, probes: &[Probe]) -> anyhow::Result<()> {
    let members = scene.school.staff.iter().chain([&scene.school.student]);
    for member in members {
        let client = scene.server.client().sign_in(&member.email).await?;
        for probe in probes {
            let is_theirs = match probe.reach {
                Reach::Public | Reach::Session => continue,
                Reach::Own(roles) => roles.contains(&member.role),
                Reach::Staff => member.role.staff().is_some(),
                Reach::Head => member.role == Role::Head,
                Reach::Administrators => false,
            };
            // What changes something is for the right person, in the end.
            if is_theirs && probe.method != "get" {
                continue;
            }
            let answer = ask(&client, probe).await?;
            let expected = if is_theirs { 200 } else { 403 };
            ensure!(
                answer.status == expected,
                "{member:?} at {} {}, not {expected}: {answer:#?}",
                probe.method,
                probe.route
            );
        }
    }
    Ok(())
}

/// Had a probe a mistake in its path, everybody would be refused, and the test above would pass for
/// nothing. The school's own head, its pupil, and an administrator, must succeed with each.
async fn the_right_person_succeeds(
    scene: &Scene,
    probes: &[Probe],
    administrator: &Account,
) -> anyhow::Result<()> {
    let service = scene.server.client().sign_in(&administrator.email).await?;
    let pupil = &scene.school.student;
    let pupil = scene.server.client().sign_in(&pupil.email).await?;
    for probe in probes {
        if probe.method == "post" && REFUSED.contains(&probe.route) {
            continue;
        }
        let answer = match probe.reach {
            _ if probe.route == MY_ESTABLISHMENT => {
                ask(&rejected_student(scene).await?, probe).await?
            }
            Reach::Administrators => ask(&service, probe).await?,
            Reach::Own(roles) if !roles.contains(&Role::Head) => ask(&pupil, probe).await?,
            _ => ask(&scene.head, probe).await?,
        };
        let succeeded = matches!(answer.status, 200 | 201 | 202 | 204 | 303);
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
