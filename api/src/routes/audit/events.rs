use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use domain::values::{LocalTime, Uai};
use futures::{StreamExt, TryStreamExt};
use projections::{
    directory,
    history::{self, Filter, HistoryItem},
};
use serde::{Deserialize, Serialize};
use store::{Checkpoint, Conn, StoreError};
use utoipa::IntoParams;
use web::{
    AppState,
    caller::Reading,
    fields,
    history::asked_establishment,
    problem::{Code, FieldErrors, Problem, Wrong},
};

use crate::{
    Page, accept,
    documentation::{Forbidden, Invalid, NotFound, Unauthenticated},
    export::{Export, ExportError, Form},
    input::Params,
    page::{PageParams, PageRequest},
    views::HistoryEventView,
};

const JSON: &str = "application/json";
const CSV: &str = "text/csv";
const NDJSON: &str = "application/x-ndjson";

/// Which events: those that match all that is given.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(in super::super) struct EventParams {
    /// Those that concern this establishment. A head sees their own, which need not be said.
    #[param(example = "9990021U")]
    establishment: Option<String>,
    /// Those of this class: itself, and who came and left.
    #[param(value_type = Option<Uuid>)]
    class: Option<String>,
    /// Those of this student; together with `class`, how they came to that class and left it.
    #[param(value_type = Option<Uuid>)]
    student: Option<String>,
    /// Those that this person caused.
    #[param(value_type = Option<Uuid>)]
    actor: Option<String>,
    /// Those of one request or run, by the `correlation_id` of its events, in one establishment: a yearly
    /// reset opens into its parts.
    #[param(value_type = Option<Uuid>)]
    correlation: Option<String>,
    /// Those of this type.
    #[param(example = "StudentMoved")]
    r#type: Option<String>,
    /// Those from this instant on (RFC 3339); a day stands for its beginning, by the clock of the establishment
    /// that is asked for, in UTC where none is.
    #[param(example = "2027-03-12")]
    since: Option<String>,
    /// Those before this instant (RFC 3339); a day stands for its end, as in `since`.
    #[param(example = "2027-03-13T08:00:00Z")]
    until: Option<String>,
}

/// A place in the history, as a cursor holds it: transaction, position.
#[derive(Debug, Serialize, Deserialize)]
struct Place(i64, i64);

impl From<Place> for Checkpoint {
    fn from(Place(transaction, position): Place) -> Self {
        Self {
            transaction,
            position,
        }
    }
}

/// What happened, newest first.
///
/// In the JSON list, a yearly reset is one `SchoolYearOpened` for each establishment, whose `summary` counts
/// its parts. They are listed by `correlation` with the establishment; and wherever a class, a student or
/// a type is asked for.
///
/// As `text/csv` or `application/x-ndjson`, everything that matches, however long: `limit` and `after`
/// cut the JSON list only.
#[utoipa::path(
    get,
    path = "/audit/events",
    tag = "audit",
    params(EventParams, PageParams),
    responses(
        (
            status = 200,
            description = "The events",
            content(
                (Page<HistoryEventView> = "application/json"),
                (String = "text/csv"),
                (String = "application/x-ndjson"),
            ),
        ),
        (status = 401, response = Unauthenticated),
        (status = 403, response = Forbidden),
        (status = 404, response = NotFound),
        (status = 422, response = Invalid),
    ),
)]
pub(in super::super) async fn list_events(
    State(state): State<AppState>,
    Reading { caller, mut reader }: Reading,
    headers: HeaderMap,
    Params(params): Params<EventParams>,
    Params(page): Params<PageParams>,
) -> Result<Response, Problem> {
    let establishment = asked_establishment(&caller, params.establishment.as_deref())?;
    let mut errors = FieldErrors::default();
    let conn = &mut reader.conn();
    let clock = clock(conn, establishment.as_ref().ok().and_then(Option::as_ref)).await?;
    let filter = params.read(establishment, clock, &mut errors);
    let page = page.read(&mut errors);
    let (Some(mut filter), Some(page)) = (filter, page) else {
        return Err(errors.into());
    };
    if !history::knows(conn, &filter).await? {
        return Err(Problem::not_found());
    }
    let kind = accept::preferred(&headers, &[JSON, CSV, NDJSON]);
    let form = match kind {
        CSV => Form::Csv,
        NDJSON => Form::Ndjson,
        _ => {
            filter.folded = true;
            return Ok(list(conn, &filter, page).await?.into_response());
        }
    };
    drop(reader);
    export(
        Export::new(state.commands.store().clone(), filter, form, None, None),
        kind,
    )
    .await
}

/// The clock that days are those of.
async fn clock(conn: &mut Conn<'_>, establishment: Option<&Uai>) -> Result<LocalTime, StoreError> {
    let clocks = directory::clocks(conn, establishment).await?;
    Ok(clocks.into_values().next().unwrap_or_else(LocalTime::utc))
}

impl EventParams {
    /// The filter that is asked for; what is wrong goes to `errors`.
    fn read(
        &self,
        establishment: Result<Option<Uai>, Wrong>,
        clock: LocalTime,
        errors: &mut FieldErrors,
    ) -> Option<Filter> {
        let establishment = errors.take("establishment", establishment);
        let class = errors.take("class", read(self.class.as_deref(), fields::id));
        let student = errors.take("student", read(self.student.as_deref(), fields::id));
        let actor = errors.take("actor", read(self.actor.as_deref(), fields::id));
        let correlation = read(self.correlation.as_deref(), fields::id);
        let correlation = match correlation {
            Ok(Some(_)) if establishment == Some(None) => Err((
                "required",
                "Indiquez aussi l'établissement : c'est parmi ses événements que l'on cherche."
                    .into(),
            )),
            correlation => correlation,
        };
        let correlation = errors.take("correlation", correlation);
        let event_type = errors.take("type", read(self.r#type.as_deref(), fields::event_type));
        let since = errors.take("since", read(self.since.as_deref(), fields::bound));
        let until = errors.take("until", read(self.until.as_deref(), fields::bound));
        Some(Filter {
            establishment: establishment?,
            class: class?,
            student: student?,
            actor: actor?,
            event_type: event_type?,
            since: since?.map(|since| since.first(clock)),
            until: until?.map(|until| until.end(clock)),
            correlation: correlation?,
            folded: false,
        })
    }
}

fn read<T>(
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<T, Wrong>,
) -> Result<Option<T>, Wrong> {
    text.and_then(fields::chosen).map(parse).transpose()
}

async fn list(
    conn: &mut Conn<'_>,
    filter: &Filter,
    mut page: PageRequest<Place>,
) -> Result<Json<Page<HistoryEventView>>, Problem> {
    let before = page.after.take().map(Checkpoint::from);
    let mut events = history::page(conn, filter, before, page.rows()).await?;
    let next = page.cut(&mut events, |last: &HistoryItem| {
        Place(last.checkpoint.transaction, last.checkpoint.position)
    });
    Ok(Json(Page {
        items: events.into_iter().map(Into::into).collect(),
        next,
    }))
}

/// The answer begins with its first piece: until then, what fails is a problem like any other. What
/// fails later breaks the connection, so that half a history never looks like the whole.
async fn export(mut export: Export, kind: &'static str) -> Result<Response, Problem> {
    let first = export.next().await?.unwrap_or_default();
    let pieces = futures::stream::once(async { Ok(first) })
        .chain(export.pieces())
        .inspect_err(|error: &ExportError| tracing::error!(%error, "an export broke off"));
    let content_type = [(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))];
    Ok((content_type, Body::from_stream(pieces)).into_response())
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::Write(error) => Self::failure(Code::Internal, &error),
        }
    }
}
