//! The OpenAPI document, generated from the handlers, and the pages that show it.

use axum::Router;
use utoipa_swagger_ui::SwaggerUi;
use web::AppState;

use crate::{idempotency, routes};

/// The OpenAPI document of every route. Needs no database.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = routes::router().into_openapi();
    idempotency::document(&mut document);
    document
}

/// `GET /api/openapi.json` and, for people, `/api/docs`.
pub(crate) fn pages(document: utoipa::openapi::OpenApi) -> Router<AppState> {
    SwaggerUi::new("/api/docs")
        .url("/api/openapi.json", document)
        .into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Clients are generated from the document: a route that is missing in it, or has no name of
    /// its own, does not exist for them. One that appears or goes shows in the committed copy.
    #[test]
    fn every_route_of_the_contract_is_documented_once() {
        let document = serde_json::to_value(openapi()).unwrap();
        let committed = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
        let listed = operations(&document);
        assert_eq!(listed, operations(&committed));
        let names: BTreeSet<&String> = listed.iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), listed.len());
    }

    /// Whoever programs reads English; French is what people meet, and the manual's words, which stand in
    /// quotes.
    #[test]
    fn what_the_document_explains_is_in_english() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut texts = Vec::new();
        explained(&document, &mut texts);
        assert!(texts.len() > 100);
        for text in texts {
            let own = text.split('"').step_by(2).collect::<String>();
            let is_french =
                own.contains(" : ") || own.contains(|it: char| "àâçéèêëîïôùû«".contains(it));
            assert!(!is_french, "{text}");
        }
    }

    fn explained<'a>(document: &'a Value, texts: &mut Vec<&'a str>) {
        match document {
            Value::Object(members) => {
                for (name, value) in members {
                    match value.as_str() {
                        Some(text) if ["summary", "description"].contains(&name.as_str()) => {
                            texts.push(text);
                        }
                        _ => explained(value, texts),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| explained(item, texts)),
            _ => {}
        }
    }

    fn operations(document: &Value) -> BTreeSet<(String, String)> {
        let mut operations = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let name = operation["operationId"].as_str().unwrap().to_owned();
                operations.insert((name, format!("{} {path}", method.to_uppercase())));
            }
        }
        operations
    }
}
