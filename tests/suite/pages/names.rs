//! Names as people have them, and as somebody may try them, on every page that shows a name.

use acceptance::{
    browser::{Browser, Shown},
    engine::Engine,
    mail::Kind,
    on_both_engines,
    scene::Scene,
    world::{Size, World},
};
use accounts::person::{NewPeople, Person};
use anyhow::ensure;
use commands::{
    edit_class::EditClass, import_directory::ImportDirectory, set_own_class::SetOwnClass,
};
use domain::{
    establishment::ListingUpdate,
    ids::{ClassId, PersonId},
    values::{ClassName, PersonName, Priority, Role},
};
use serde_json::json;

on_both_engines!(
    names_show_as_typed_on_every_page_of_the_staff,
    names_show_as_typed_to_pupils_and_to_whoever_signs_up,
);

/// Given name and family name: accents, both apostrophes, hyphens, ligatures, letters that run from right to
/// left, the longest that there may be, and two that would rather be something else.
const NAMES: [(&str, &str); 8] = [
    ("Éléonore", "Çağlar-Müñoz"),
    ("Zoë", "D'Almeida"),
    ("Noé", "L’Hermitte"),
    ("Jean-Loup Amédée", "Le Goff-Kerléo"),
    ("Œdipe", "Æsbjørn ﬁn"),
    ("محمد", "عبد الله"),
    ("Ingrid", LONGEST),
    (
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
    ),
];

const LONGEST: &str = "De la Très-Longue-Maison-du-Bout-du-Chemin-qui-ne-finit-jamais-vraiment-jamais-vraiment-jamais-vraim";

const CLASSES: [&str; 2] = ["3e « l’Œuvre d'art » <i>", "\"><script>alert(1)</script>"];

const SCHOOL: &str = "Collège de l'Été & d’Œuvres <script>alert(1)</script>";

const SIZE: Size = Size {
    classes: 2,
    students_per_class: NAMES.len(),
    without_class: NAMES.len(),
};

/// A school all of whose names are such.
async fn scene(engine: Engine) -> anyhow::Result<Scene> {
    let scene = Scene::new(engine, SIZE).await?;
    let (world, school) = (&scene.world, &scene.school);
    let groups = school.classes.iter().map(|(_, students)| students);
    for students in groups.chain([&school.without_class]) {
        rename(world, students.iter().map(|student| (*student).into())).await?;
    }
    let staff = school.staff.iter().rev().map(|account| account.id);
    rename(world, staff).await?;
    for ((class, _), name) in school.classes.iter().zip(CLASSES) {
        let edit = EditClass {
            establishment: school.uai.clone(),
            class: *class,
            name: Some(ClassName::parse(name)?),
            track: None,
            expected_versions: None,
        };
        world.commands.execute(&world.by(), &edit).await?;
    }
    for (member, class) in school.staff.iter().zip([1, 0]) {
        let own = SetOwnClass {
            establishment: school.uai.clone(),
            teacher: member.id,
            class: Some(school.class(class)),
        };
        world.commands.execute(&world.by(), &own).await?;
    }
    let listing = ListingUpdate {
        name: SCHOOL.to_owned(),
        city: "L’Haÿ-lès-<b>Roses</b>".to_owned(),
        postal_code: None,
        department: None,
        academy: None,
        mailbox: None,
        closed: None,
        priority: Some(Some(Priority::Rep)),
    };
    let import = ImportDirectory {
        schools: vec![(school.uai.clone(), listing)],
        closed: Vec::new(),
    };
    world.commands.execute(&world.by(), &import).await?;
    Ok(scene)
}

/// Gives people the names, the last ones first, so that few people have the worst of them.
async fn rename(world: &World, people: impl Iterator<Item = PersonId>) -> anyhow::Result<()> {
    let named = people.zip(NAMES.into_iter().rev());
    let person = |(id, (first_name, last_name))| {
        anyhow::Ok(Person {
            id,
            first_name: PersonName::parse(first_name)?,
            last_name: PersonName::parse(last_name)?,
            birth_date: None,
        })
    };
    let people: Vec<Person> = named.map(person).collect::<anyhow::Result<_>>()?;
    Ok(world.store().write(&[&NewPeople(people)]).await?)
}

/// The page, once it shows these as they were typed, and nothing of them became markup.
fn shows_as_typed<'a>(
    page: Shown,
    names: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<Shown> {
    let page = page.expect(200)?;
    for markup in ["<script>alert", "<img", "<i>", "<b>"] {
        ensure!(!page.html.contains(markup), "{markup} in {page:#?}");
    }
    names.into_iter().try_fold(page, Shown::shows)
}

fn parts(names: &[(&'static str, &'static str)]) -> impl Iterator<Item = &'static str> {
    let parts = names.iter().flat_map(|(first, last)| [*first, *last]);
    parts.collect::<Vec<_>>().into_iter()
}

/// A head from the other end of the world finds everybody of the school under the name that they have, on each
/// page that names them; and somebody who signed up as a script runs none.
async fn names_show_as_typed_on_every_page_of_the_staff(engine: Engine) -> anyhow::Result<()> {
    let scene = scene(engine).await?;
    let school = &scene.school;
    let staff = &NAMES[NAMES.len() - school.staff.len()..];
    let mut head = Browser::new(&scene.server.address)?;
    head.sign_in(school.email(Role::Head)).await?;
    for (first_name, last_name) in [NAMES[2], NAMES[7]] {
        let invitation = json!({
            "email": format!("{}@ac-demo.test", last_name.len()),
            "first_name": first_name,
            "last_name": last_name,
            "role": "teacher",
        });
        let path = school.path("/invitations");
        scene.head.post(&path, invitation).await?.expect(201)?;
    }
    let everybody = || parts(&NAMES);
    let (a, b) = (school.class(0), school.class(1));
    let teacher = school.staff[1].id;
    let removal = format!("/etablissement/personnels/{teacher}/retirer");
    let team = || parts(staff);

    let mut page = async |path: String| head.open(&path).await;
    let classes = page("/etablissement/classes".into()).await?;
    shows_as_typed(classes, CLASSES.into_iter().chain([SCHOOL]))?;
    let class = page(format!("/classes/{a}")).await?;
    shows_as_typed(class, everybody().chain(CLASSES))?;
    shows_as_typed(page(format!("/classes/{a}/modifier")).await?, [CLASSES[0]])?;
    shows_as_typed(page(format!("/classes/{b}/supprimer")).await?, [CLASSES[1]])?;
    let alone = page("/etablissement/sans-classe".into()).await?;
    shows_as_typed(alone, everybody().chain(CLASSES))?;
    let members = page("/etablissement/personnels".into()).await?;
    let invited = parts(&NAMES[2..3]);
    shows_as_typed(
        members,
        team().chain(invited).chain(CLASSES).chain([SCHOOL]),
    )?;
    let invite = page("/etablissement/personnels/inviter".into()).await?;
    shows_as_typed(invite, CLASSES)?;
    shows_as_typed(page(removal).await?, parts(&staff[1..2]))?;
    shows_as_typed(page("/ma-classe".into()).await?, CLASSES)?;
    let history = page("/historique".into()).await?;
    shows_as_typed(history, everybody().chain(CLASSES).chain([SCHOOL]))?;
    let pupil = school.classes[0].1[0];
    let timeline = page(format!("/historique?eleve={pupil}")).await?;
    shows_as_typed(timeline, parts(&NAMES[7..]))?;
    let past = page("/historique/classes".into()).await?;
    shows_as_typed(past, everybody().chain(CLASSES).chain([SCHOOL]))?;
    what_was_done_is_told_by_name(&scene, &mut head, a, b).await
}

/// Moving, and taking out once that is confirmed, name everybody concerned.
async fn what_was_done_is_told_by_name(
    scene: &Scene,
    head: &mut Browser,
    a: ClassId,
    b: ClassId,
) -> anyhow::Result<()> {
    let path = format!("/classes/{a}");
    let (seen, to) = (a.to_string(), b.to_string());
    let pupils = &scene.school.classes[0].1;
    let rows = |chosen: &str| -> Vec<(String, String)> {
        let row = |pupil| {
            [
                (format!("vue.{pupil}"), seen.clone()),
                (format!("classe.{pupil}"), chosen.to_owned()),
            ]
        };
        pupils.iter().flat_map(row).collect()
    };
    let asked = head.send(&path, &fields(&rows("retrait"))).await?;
    shows_as_typed(asked, parts(&NAMES))?;
    let told = head.send(&path, &fields(&rows(&to))).await?;
    shows_as_typed(told, parts(&NAMES).chain(CLASSES))?;
    Ok(())
}

fn fields(rows: &[(String, String)]) -> Vec<(&str, &str)> {
    let fields = rows.iter();
    fields.map(|(name, value)| (&**name, &**value)).collect()
}

/// A pupil sees their own name and their collège's; whoever signs up finds the collège and its classes; whoever
/// was invited finds their own name filled in, and whoever types one finds it again when something else is
/// wrong.
async fn names_show_as_typed_to_pupils_and_to_whoever_signs_up(
    engine: Engine,
) -> anyhow::Result<()> {
    let scene = scene(engine).await?;
    let uai = &scene.school.uai;
    let mut pupil = Browser::new(&scene.server.address)?;
    pupil.sign_in(&scene.school.student.email).await?;
    let own = parts(&NAMES[7..]).chain([SCHOOL, CLASSES[0]]);
    shows_as_typed(pupil.open("/ma-page").await?, own)?;

    let mut nobody = Browser::new(&scene.server.address)?;
    let found = nobody.open("/inscription?je=equipe&q=oeuvres").await?;
    shows_as_typed(found, [SCHOOL, "L’Haÿ-lès-<b>Roses</b>"])?;
    let form = nobody
        .open(&format!("/inscription?je=eleve&uai={uai}"))
        .await?;
    shows_as_typed(form, CLASSES.into_iter().chain([SCHOOL]))?;
    for (first_name, last_name) in NAMES {
        let typed = [
            ("je", "eleve"),
            ("uai", uai.as_str()),
            ("role", "student"),
            ("first_name", first_name),
            ("last_name", last_name),
            ("email", ""),
        ];
        let again = nobody.send("/inscription", &typed).await?;
        let again = Shown {
            status: 200,
            ..again.expect(422)?
        };
        shows_as_typed(again, [first_name, last_name])?;
    }
    for (number, (first_name, last_name)) in (0..).zip([NAMES[4], NAMES[5], NAMES[7]]) {
        let email = format!("invite{number}@ac-demo.test");
        let invitation = json!({
            "email": email,
            "first_name": first_name,
            "last_name": last_name,
            "role": "teacher",
        });
        let path = scene.school.path("/invitations");
        scene.head.post(&path, invitation).await?.expect(201)?;
        let token = scene.mailbox.token(&email, Kind::Invitation).await?;
        let form = nobody
            .open(&format!("/inscription?invitation={token}"))
            .await?;
        shows_as_typed(form, [first_name, last_name, SCHOOL])?;
    }
    Ok(())
}
