//! The pages and the forms on them.

use acceptance::world::PASSWORD;

use super::{Body, HEAD, Probe, Reach, STAFF, STUDENT, Things, get};

/// What is open to everybody.
const PUBLIC: [&str; 15] = [
    "/",
    "/connexion",
    "/inscription",
    "/inscription/courriel",
    "/activation",
    "/activation/renvoi",
    "/activation/renvoi/courriel",
    "/mot-de-passe",
    "/mot-de-passe/oublie",
    "/mot-de-passe/oublie/courriel",
    "/plan-du-site",
    "/accessibilite",
    "/donnees-personnelles",
    "/mentions-legales",
    "/static/{file}",
];

/// What shows a form again, and does nothing: asked about one's own establishment, everybody else would do
/// something to theirs.
const AGAIN: [(&str, &str); 1] = [("_revoir", "oui")];

/// What every page is asked, and every form. A page that is not here fails the test: whoever adds one says
/// whose it is. The last one ends the session that asks.
pub(in super::super) fn pages(things: &Things<'_>) -> Vec<Probe> {
    let open = PUBLIC.map(|path| match path {
        "/static/{file}" => get(path, Reach::Public, things.asset.clone()),
        path => get(path, Reach::Public, path),
    });
    let mut probes = Vec::from(open);
    probes.extend(ways_in(things));
    probes.extend(own());
    probes.extend(of_the_school(things));
    probes.extend(administration(things));
    probes.push(form("/deconnexion", Reach::Public, "/deconnexion", &[]));
    probes
}

fn form(
    route: &'static str,
    reach: Reach,
    path: impl Into<String>,
    fields: &[(&str, &str)],
) -> Probe {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    let fields = fields.iter().map(owned);
    Probe {
        method: "post",
        body: Body::Form(fields.collect()),
        ..get(route, reach, path)
    }
}

/// On the way to an account.
fn ways_in(things: &Things<'_>) -> [Probe; 6] {
    let email = ("email", "personne@famille.test");
    let token = "A".repeat(43);
    let with_token = [("token", &*token), ("password", PASSWORD)];
    let pupil = [
        email,
        ("role", "student"),
        ("first_name", "Noa"),
        ("last_name", "Petit"),
        ("birth_date", "2012-03-12"),
        ("uai", things.school.uai.as_str()),
    ];
    let public = |path, fields: &[(&str, &str)]| form(path, Reach::Public, path, fields);
    [
        public("/connexion", &[email, ("password", "mauvais mot de passe")]),
        public("/inscription", &pupil),
        public("/activation", &with_token),
        public("/activation/renvoi", &[email]),
        public("/mot-de-passe", &with_token),
        public("/mot-de-passe/oublie", &[email]),
    ]
}

/// About the establishment of whoever asks, whichever it is.
fn own() -> Vec<Probe> {
    let staff = Reach::Own(STAFF);
    let head = Reach::Own(HEAD);
    let both = [
        ("/etablissement/classes/ajouter", staff),
        ("/etablissement/sans-classe", staff),
        ("/etablissement/personnels/inviter", head),
        ("/etablissement/personnels/inviter/plusieurs", head),
        ("/ma-classe", staff),
        ("/ma-page", Reach::Own(STUDENT)),
    ];
    let lists = ["/etablissement/classes", "/etablissement/personnels"];
    let lists = lists.map(|path| get(path, staff, path));
    let forms = both
        .into_iter()
        .flat_map(|(path, reach)| [get(path, reach, path), form(path, reach, path, &AGAIN)]);
    lists.into_iter().chain(forms).collect()
}

/// What names something of the school.
fn of_the_school(things: &Things<'_>) -> [Probe; 12] {
    use Reach::{Head, Staff};
    let school = things.school;
    let class = |route: &str| route.replace("{id}", &school.class(0).to_string());
    let empty = |route: &str| route.replace("{id}", &things.empty.to_string());
    let member = |route: &str| route.replace("{id}", &school.staff[3].id.to_string());
    let invited = |route: &str| route.replace("{id}", &things.invitation.to_string());
    let history = |route: &str| format!("{route}?etablissement={}", school.uai);
    let pupil = school.classes[0].1[0];
    let (seen, chosen) = (format!("vue.{pupil}"), format!("classe.{pupil}"));
    let (from, to) = (school.class(0).to_string(), school.class(2).to_string());
    let moved = [(&*seen, &*from), (&*chosen, &*to)];
    let renamed = [("name", "3e renommée"), ("track", "troisieme_generale")];
    let (edit, delete) = ("/classes/{id}/modifier", "/classes/{id}/supprimer");
    let remove = "/etablissement/personnels/{id}/retirer";
    let (again, revoke) = ("/invitations/{id}/renvoyer", "/invitations/{id}/annuler");
    [
        get("/classes/{id}", Staff, class("/classes/{id}")),
        form("/classes/{id}", Staff, class("/classes/{id}"), &moved),
        get(edit, Staff, class(edit)),
        form(edit, Staff, class(edit), &renamed),
        get(delete, Staff, empty(delete)),
        form(delete, Staff, empty(delete), &[]),
        get(remove, Head, member(remove)),
        form(remove, Head, member(remove), &[]),
        form(again, Head, invited(again), &[]),
        form(revoke, Head, invited(revoke), &[]),
        get("/historique", Head, history("/historique")),
        get("/historique/classes", Head, history("/historique/classes")),
    ]
}

/// What administrators look at and decide; the last takes the school from its head.
fn administration(things: &Things<'_>) -> Vec<Probe> {
    let reach = Reach::Administrators;
    let school = things.school;
    let of = |route: &str| route.replace("{uai}", school.uai.as_str());
    let page = "/administration/etablissements/{uai}";
    let eligibility = "/administration/etablissements/{uai}/eligibilite";
    let invite = "/administration/etablissements/{uai}/chef/inviter";
    let replace = "/administration/etablissements/{uai}/chef/remplacer";
    let revoke = "/administration/etablissements/{uai}/chef/annuler";
    let handover = things.handover.to_string();
    let successor = school.staff[1].id.to_string();
    let decision = [("eligible", "true"), ("reason", "dérogation d'essai")];
    let lists = [
        "/administration",
        "/administration/chiffres",
        "/administration/annees",
        "/administration/sceaux",
    ];
    let mut probes = Vec::from(lists.map(|path| get(path, reach, path)));
    probes.extend([page, eligibility, invite, replace].map(|route| get(route, reach, of(route))));
    probes.extend([
        form(eligibility, reach, of(eligibility), &decision),
        form(
            invite,
            reach,
            of(invite),
            &[("email", "chef@ailleurs.test")],
        ),
        form(revoke, reach, of(revoke), &[("invitation", &handover)]),
        form(replace, reach, of(replace), &[("head", &successor)]),
    ]);
    probes
}
