use commands::{Refusal, open_school_years::Opened};

use super::*;

fn behind(uai: &str, academy: Option<&str>) -> Behind {
    Behind {
        uai: Uai::parse(uai).unwrap(),
        academy: academy.map(ToOwned::to_owned),
        school_year: SchoolYear::starting(2026).unwrap(),
        classes: 4,
        students: 100,
        invitations: 1,
    }
}

fn opened(uai: &str, students: u64) -> reset::Outcome {
    reset::Outcome::Opened(Opened {
        establishment: Uai::parse(uai).unwrap(),
        classes: 4,
        students,
        invitations: 0,
    })
}

/// What was done is counted as it was done, not as it was planned; and what another run has to do is
/// what is neither done nor was done by others.
#[test]
fn each_outcome_is_counted_once_and_where_it_belongs() {
    let found = [
        behind("9990021U", Some("Démo")),
        behind("9990022V", Some("Démo")),
        behind("9990023W", Some("Autre")),
        behind("9990024X", Some("Autre")),
        behind("9990025Y", None),
        behind("9990026Z", None),
    ];
    let busy = reset::Outcome::Failed(Refusal::Busy.into());
    let outcomes = HashMap::from([
        (found[0].uai.clone(), opened("9990021U", 101)),
        (found[1].uai.clone(), reset::Outcome::AlreadyOpen),
        (found[2].uai.clone(), busy),
        (found[4].uai.clone(), opened("9990025Y", 99)),
        (found[5].uai.clone(), reset::Outcome::Unknown),
    ]);
    let scope = Scope {
        school_year: SchoolYear::starting(2027).unwrap(),
        academy: None,
        establishments: Vec::new(),
    };
    let asked = Asked {
        run: Some(CorrelationId::new(uuid::Uuid::nil())),
        actor: Actor::system(),
        scope: &scope,
        started_at: "2027-08-01T06:00:00Z".parse().unwrap(),
    };
    let over = "2027-08-01T06:01:02.345Z".parse().unwrap();
    let report = ResetReport::of(&asked, &found, outcomes, over);
    let lines = serde_json::to_value(&report).unwrap()["establishments"].take();
    let lines = lines.as_array().unwrap().iter();
    let outcomes: Vec<_> = lines
        .map(|line| format!("{} {}", line["outcome"], line["students"]))
        .collect();
    assert_eq!(
        outcomes,
        [
            r#""opened" 101"#,
            r#""already_open" 0"#,
            r#""failed" 100"#,
            r#""left" 100"#,
            r#""opened" 99"#,
            r#""unknown" 100"#,
        ]
    );
    assert_eq!((report.left, report.unknown), (3, 1));
    assert_eq!(
        report.text(),
        "Année 2027-2028 ouverte en 62.3 s : 2 établissements, 8 classes, 200 élèves, 0 invitation\n\
         \u{20} académie inconnue : 1 établissement, 4 classes, 99 élèves, 0 invitation\n\
         \u{20} Démo : 1 établissement, 4 classes, 101 élèves, 0 invitation\n\
         1 établissement y était déjà\n\
         À vérifier : 1 établissement, la base ayant disparu pendant l'enregistrement ; relancez la même \
         commande, ce qui est fait ne le sera pas deux fois\n\
         Échec : 9990023W : d'autres modifient les mêmes données en ce moment : rien n'a changé, \
         relancez la commande\n"
    );
}
