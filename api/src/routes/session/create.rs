use accounts::password::Password;
use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{AppState, ClientAddress, boundary::RequestId, problem::Problem, session};

use crate::{
    documentation::{Invalid, Malformed, RateLimited},
    input::JsonBody,
    problem::ProblemBody,
    views::{NewSession, SessionCookie},
};

/// What somebody signs in with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct SignIn {
    /// The address of the account.
    #[serde(default)]
    #[schema(required = true, example = "e.dupre@ac-demo.test")]
    email: String,
    /// Its password.
    #[serde(default)]
    #[schema(required = true, value_type = String, format = Password, example = "demonstration-2026")]
    password: Password,
}

/// Signs in.
#[utoipa::path(
    post,
    path = "/session",
    tag = "session",
    security(()),
    request_body = SignIn,
    responses(
        (
            status = 201,
            description = "The session is open; its token is also set as a cookie",
            body = NewSession,
            headers(("set-cookie" = String, description = "monstage_session")),
        ),
        (status = 400, response = Malformed),
        (
            status = 401,
            description = "`credentials_invalid`: the address or the password is wrong",
            body = ProblemBody,
            content_type = "application/problem+json",
        ),
        (status = 422, response = Invalid),
        (status = 429, response = RateLimited),
    ),
)]
pub(in super::super) async fn create_session(
    State(state): State<AppState>,
    client: ClientAddress,
    request: RequestId,
    body: JsonBody,
) -> Result<(StatusCode, (SessionCookie, Json<NewSession>)), Problem> {
    let SignIn { email, password } = body.read()?;
    let correlation = request.correlation();
    let signed_in = session::sign_in(&state, client, correlation, &email, &password).await?;
    Ok((StatusCode::CREATED, NewSession::of(signed_in)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use accounts::{account::NewAccount, password, throttling::Throttle};
    use axum::{
        Router,
        body::{Body, to_bytes},
        http::{Request, header},
        response::Response,
    };
    use commands::Commands;
    use domain::{ids::PersonId, values::Role};
    use serde_json::{Value, json};
    use store::{Store, SystemClock, Write as _, execute, fetch_all};
    use tower::ServiceExt;
    use uuid::Uuid;
    use web::{SignUpRules, boundary::served};

    use super::*;

    const PASSWORD: &str = "mot de passe des essais";

    /// The API on a database where `known@demo.test` has an account, and `waiting@demo.test` signed up.
    async fn app() -> (Router, Store) {
        let store = Store::connect("sqlite::memory:", Vec::new()).await.unwrap();
        store.migrate().await.unwrap();
        let commands = Commands::new(store.clone(), Arc::new(SystemClock), Vec::new());
        let now = commands.clock().now();
        let account = NewAccount {
            id: PersonId::new(Uuid::from_u128(1)),
            email: "known@demo.test".parse().unwrap(),
            role: Role::Administrator,
            password_hash: password::hash(PASSWORD, &SystemClock).await.unwrap(),
            created_at: now,
        };
        let mut tx = store.begin().await.unwrap();
        account.write(&mut tx.conn()).await.unwrap();
        execute!(
            &mut tx.conn(),
            "INSERT INTO sign_ups (id, email, email_key, role, establishment, created_at) \
             VALUES ($1, $2, $2, 'head', '9990021U', $3)",
            Uuid::from_u128(2).to_string(),
            "waiting@demo.test",
            now,
        )
        .unwrap();
        tx.commit().await.unwrap();
        let state = AppState::new(commands, None, SignUpRules::default(), Throttle::on());
        (served(crate::routes(&state), state), store)
    }

    async fn sign_in(app: &Router, email: &str, password: &str) -> Response {
        let body = json!({"email": email, "password": password}).to_string();
        let request = Request::post("/api/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        app.clone().oneshot(request).await.unwrap()
    }

    async fn body(response: Response) -> Value {
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    type Row = (Option<String>, String, String);

    async fn recorded(store: &Store) -> Vec<Row> {
        let mut tx = store.begin().await.unwrap();
        fetch_all!(
            &mut tx.conn(),
            Row,
            "SELECT account_id, outcome, correlation_id FROM sign_ins ORDER BY id"
        )
        .unwrap()
    }

    /// Somebody's account was used, and they say it was not them: every attempt is there, by id, with
    /// the number that the log has too; and a failed one tells nothing of the address.
    #[tokio::test]
    async fn every_attempt_is_recorded_by_id_and_none_tells_more() {
        let (app, store) = app().await;
        let wrong = sign_in(&app, "known@demo.test", "quelque chose d'autre").await;
        let unknown = sign_in(&app, "unknown@demo.test", PASSWORD).await;
        let waiting = sign_in(&app, "waiting@demo.test", PASSWORD).await;
        let right = sign_in(&app, "Known@demo.test", PASSWORD).await;
        let answers = [wrong, unknown, waiting, right];

        let requests: Vec<String> = answers
            .iter()
            .map(|answer| {
                answer.headers()["x-request-id"]
                    .to_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let known = Uuid::from_u128(1);
        let expected: Vec<Row> = [
            (Some(known), "wrong_password"),
            (None, "unknown_address"),
            (None, "unknown_address"),
            (Some(known), "succeeded"),
        ]
        .into_iter()
        .zip(requests)
        .map(|((id, outcome), request)| (id.map(|id| id.to_string()), outcome.to_owned(), request))
        .collect();
        assert_eq!(recorded(&store).await, expected);

        let [wrong, unknown, waiting, right] = answers;
        assert_eq!(right.status(), StatusCode::CREATED);
        assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(unknown.status(), wrong.status());
        assert_eq!(waiting.status(), wrong.status());
        let wrong = body(wrong).await;
        assert_eq!(body(unknown).await, wrong);
        assert_eq!(body(waiting).await, wrong);
    }

    /// Guessing stops before the database is asked, for addresses that nobody has as for others, and
    /// says when to go on.
    #[tokio::test]
    async fn guessing_is_slowed_down_whoever_it_is_about() {
        let (app, store) = app().await;
        let mut refusals = Vec::new();
        for email in ["known@demo.test", "unknown@demo.test"] {
            for _ in 0..5 {
                let answer = sign_in(&app, email, "quelque chose d'autre").await;
                assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
            }
            let refused = sign_in(&app, email, PASSWORD).await;
            assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
            let wait = refused.headers()[header::RETRY_AFTER].to_str().unwrap();
            assert!((1..=10).contains(&wait.parse::<u32>().unwrap()), "{wait}");
            refusals.push(body(refused).await["code"].clone());
        }
        assert_eq!(refusals, ["rate_limited", "rate_limited"]);
        assert_eq!(recorded(&store).await.len(), 10);
    }
}
