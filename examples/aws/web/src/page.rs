//! The page's files, and the headers of all answers.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};

use crate::Shared;
use crate::session::Access;

/// What the page may load: itself, and recordings from the storage at `origin`.
pub fn policy(origin: &str) -> String {
    format!(
        "default-src 'self'; connect-src 'self' {origin}; media-src 'self' {origin}; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'"
    )
}

/// Adds to every answer, errors included, what a browser should know about it.
pub async fn headers(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, shared.policy.clone());
    // What is private must not stay in a shared browser or a proxy.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

pub async fn html(State(shared): State<Arc<Shared>>) -> Html<String> {
    let page = include_str!("../page/index.html");
    let log_out = match shared.access {
        Access::Public => "",
        Access::PassPhrase(_) => {
            r#"<form action="log-out" method="post"><button class="soft">Log out</button></form>"#
        }
    };
    Html(page.replace("<!-- log-out -->", log_out))
}

/// The log-in form, with the reason why the last attempt failed.
pub fn log_in(reason: Option<&str>) -> Response {
    let form = include_str!("../page/log-in.html");
    // The reasons are this server's own words, without markup.
    let reason = reason.map(|reason| format!(r#"<p class="error" role="alert">{reason}</p>"#));
    Html(form.replace("<!-- reason -->", &reason.unwrap_or_default())).into_response()
}

pub async fn css() -> Response {
    file("text/css; charset=utf-8", include_str!("../page/style.css"))
}

pub async fn js() -> Response {
    file("text/javascript; charset=utf-8", include_str!("../page/main.js"))
}

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}
