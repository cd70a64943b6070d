//! The page's three files, which need no others.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::Shared;

/// What the page may load: itself, and recordings from the storage at `origin`.
pub fn policy(origin: &str) -> String {
    format!(
        "default-src 'self'; connect-src 'self' {origin}; media-src 'self' {origin}; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

pub async fn html(State(shared): State<Arc<Shared>>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_SECURITY_POLICY, shared.policy.clone()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, include_str!("../page/index.html")).into_response()
}

pub async fn css() -> Response {
    file("text/css; charset=utf-8", include_str!("../page/style.css"))
}

pub async fn js() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../page/main.js"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, kind), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    (headers, text).into_response()
}
