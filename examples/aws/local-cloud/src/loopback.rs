//! Protection of the local servers from web pages that this machine's browser shows.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

/// Who may use a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Users {
    /// Programs, but no browser.
    Programs,
    /// Programs, and browsers with a signed request.
    Browsers,
}

/// The host names of a server on `port`.
pub fn hosts(port: u16) -> [String; 2] {
    [format!("127.0.0.1:{port}"), format!("localhost:{port}")]
}

/// Refuses requests to other host names: a page that rebinds its own name to 127.0.0.1 would
/// otherwise be of the server's origin. Requests of other origins are refused, too, where no browser
/// is expected: some of them need no permission by CORS to have an effect.
pub fn protect(app: Router, address: SocketAddr, users: Users) -> Router {
    app.layer(from_fn_with_state((address.port(), users), check))
}

async fn check(
    State((port, users)): State<(u16, Users)>,
    request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let by_browser = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    match hosts(port).iter().any(|own| own == host) && (users == Users::Browsers || !by_browser) {
        true => next.run(request).await,
        false => {
            (StatusCode::MISDIRECTED_REQUEST, "only for programs of this machine\n").into_response()
        }
    }
}
