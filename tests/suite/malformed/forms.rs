//! Every form, parameter and address of the API, with anything in it.

use acceptance::{
    client::Client,
    newcomer::{invitation, pupil, staff},
    scene::Scene,
    world::PASSWORD,
};
use anyhow::Context as _;
use domain::values::{Role, StaffRole};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

/// Everybody who may send something.
pub(super) struct Clients {
    pub(super) nobody: Client,
    head: Client,
    student: Client,
    administrator: Client,
}

/// A request that is right as it stands, but for tokens that nobody was given.
pub(super) struct Form<'c> {
    client: &'c Client,
    method: Method,
    path: String,
    body: Value,
}

impl Form<'_> {
    /// The same with each of these values in one field, for each field: an address around it too,
    /// where there should be one.
    pub(super) fn with_each_field(&self, values: &[Value]) -> anyhow::Result<Vec<RequestBuilder>> {
        let mut requests = Vec::new();
        for field in self.body.as_object().context("an object")?.keys() {
            let texts = values.iter().filter_map(Value::as_str);
            let addresses = texts.map(|text| json!(format!("a{text}@ac-demo.test")));
            let addresses: Vec<_> = addresses.filter(|_| field == "email").collect();
            for value in values.iter().chain(&addresses) {
                let mut body = self.body.clone();
                body[field] = value.clone();
                let request = self.client.request(self.method.clone(), &self.path);
                requests.push(request.json(&body));
            }
        }
        Ok(requests)
    }
}

impl Clients {
    pub(super) async fn new(scene: &Scene) -> anyhow::Result<Self> {
        let nobody = scene.server.client();
        let administrator = scene.world.administrator().await?;
        let administrator = scene.world.session(&administrator).await?;
        let student = scene.world.session(&scene.school.student).await?;
        Ok(Self {
            administrator: nobody.with_token(&administrator),
            student: nobody.with_token(&student),
            head: scene.head.clone(),
            nobody,
        })
    }

    /// Every request with a body.
    pub(super) async fn forms(&self, scene: &Scene) -> anyhow::Result<Vec<Form<'_>>> {
        let (world, school) = (&scene.world, &scene.school);
        let (uai, class, student) = (&school.uai, school.class(0), school.classes[0].1[0]);
        let invited = world.invited(StaffRole::Teacher, None, uai, "i@ac-demo.test");
        let invited = json!({ "token": invited.await? });
        let mut follow = staff(Role::Teacher, uai, "i@ac-demo.test");
        follow["invitation"] = invited["token"].clone();
        // Too short, so that it is never followed.
        follow["password"] = json!("court");
        let sign_up = pupil(uai, "eleve@famille.test", Some(&class.to_string()));
        let by_link = json!({ "token": "x", "password": PASSWORD });
        let address = json!({ "email": "a@b.test" });
        let sign_in = json!({ "email": "a@b.test", "password": PASSWORD });
        let create = json!({ "name": "3e Z", "track": "troisieme_generale" });
        let edit = json!({ "name": "3e Y", "track": "troisieme_generale" });
        let change = json!({ "student_id": student, "class_id": class, "from_class_id": class });
        let roster = json!({ "changes": [change] });
        let mut invite = invitation(Role::MainTeacher, "autre@ac-demo.test");
        invite["class_id"] = json!(class);
        let choice = json!({ "class_id": class });
        let join = json!({ "uai": uai, "class_id": class });
        let listed = world.listed_school(None).await?;
        let decision = json!({ "eligible": true, "reason": "Convention" });

        let v1 = |path: &str| format!("/api/v1/{path}");
        let (classes, roster_page) = (school.path("/classes"), school.path("/roster"));
        let eligibility = v1(&format!("admin/establishments/{listed}/eligibility"));
        let (nobody, head) = (&self.nobody, &self.head);
        let forms = [
            (nobody, Method::POST, v1("session"), sign_in),
            (nobody, Method::POST, v1("accounts"), sign_up),
            (nobody, Method::POST, v1("accounts"), follow),
            (nobody, Method::POST, v1("accounts/invitation"), invited),
            (
                nobody,
                Method::POST,
                v1("accounts/activation"),
                by_link.clone(),
            ),
            (
                nobody,
                Method::POST,
                v1("accounts/activation/resend"),
                address.clone(),
            ),
            (nobody, Method::POST, v1("accounts/password-reset"), address),
            (nobody, Method::POST, v1("accounts/password"), by_link),
            (head, Method::POST, classes, create),
            (head, Method::PATCH, v1(&format!("classes/{class}")), edit),
            (head, Method::POST, roster_page, roster),
            (head, Method::POST, school.path("/invitations"), invite),
            (head, Method::PUT, v1("session/class"), choice),
            (&self.student, Method::PUT, v1("me/establishment"), join),
            (&self.administrator, Method::PUT, eligibility, decision),
        ];
        let form = |(client, method, path, body)| Form {
            client,
            method,
            path,
            body,
        };
        Ok(forms.into_iter().map(form).collect())
    }

    /// Every list, with this text as each parameter.
    pub(super) fn with_parameters(&self, scene: &Scene, text: &str) -> Vec<RequestBuilder> {
        let school = &scene.school;
        let lists = [
            "/api/v1/establishments?q=a".to_owned(),
            school.path("/classes"),
            school.path("/students"),
            school.path("/staff"),
            school.path("/invitations"),
            format!("/api/v1/classes/{}/students", school.class(0)),
        ];
        let mut requests = Vec::new();
        for list in lists {
            for parameter in ["q", "after", "limit", "without_class"] {
                let request = self.head.request(Method::GET, &list);
                requests.push(request.query(&[(parameter, text)]));
            }
        }
        let audit = format!("/api/v1/audit/establishments/{}/classes", school.uai);
        let request = self.administrator.request(Method::GET, &audit);
        requests.push(request.query(&[("as_of", text)]));
        requests
    }

    /// Every address that names something, with this text as the name.
    pub(super) fn with_addresses(&self, scene: &Scene, text: &str) -> Vec<RequestBuilder> {
        let name: String = byte_serialize(text.as_bytes()).collect();
        let name = name.replace('+', "%20");
        let establishment = format!("/api/v1/establishments/{name}");
        let addresses = [
            (Method::GET, establishment.clone()),
            (Method::GET, format!("{establishment}/classes")),
            (Method::GET, format!("{establishment}/staff")),
            (Method::GET, format!("{establishment}/invitations")),
            (Method::DELETE, format!("{establishment}/staff/{name}")),
            (Method::DELETE, scene.school.path(&format!("/staff/{name}"))),
            (Method::GET, format!("/api/v1/classes/{name}")),
            (Method::DELETE, format!("/api/v1/classes/{name}")),
            (Method::DELETE, format!("/api/v1/invitations/{name}")),
            (Method::POST, format!("/api/v1/invitations/{name}/resend")),
        ];
        let request = |(method, path): (Method, String)| self.head.request(method, &path);
        addresses.into_iter().map(request).collect()
    }
}
