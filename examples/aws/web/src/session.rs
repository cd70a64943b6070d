//! The log-in: one pass phrase for all visitors, and a signed cookie.
//!
//! The cookie holds the time at which it expires and a signature. Its key is derived from the pass
//! phrase by Argon2, slowly, so that a cookie is of little use for guessing the phrase; servers
//! with the same phrase accept each other's cookies, and a new phrase ends all sessions.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use argon2::Argon2;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::SignedCookieJar;
use axum_extra::extract::cookie::{Cookie, Key, SameSite};
use pipeline::settings;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::client::Client;
use crate::rate::RateLimit;
use crate::refusal::Refusal;
use crate::{Shared, page};

/// The shortest pass phrase, in bytes: guessing is limited to some thousand attempts a day.
const MIN_PHRASE_BYTES: usize = 12;
/// Attempts to log in: of each client, of all together.
const ATTEMPTS_PER_HOUR: (u32, u32) = (20, 600);
/// How long a session lasts.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
/// The cookie's name. Browsers accept one with this prefix only over HTTPS and from this host alone.
const COOKIE: &str = "__Host-musicap";
/// Argon2's salt. It need not be secret, but differs from other programs'.
const SALT: &[u8] = b"musicap web session key";

/// Who may use the page.
pub enum Access {
    /// Everyone.
    Public,
    /// Who knows the pass phrase.
    PassPhrase(Box<Gate>),
}

/// What checks pass phrases and cookies.
pub struct Gate {
    phrase: [u8; 32],
    key: Key,
    attempts: RateLimit,
}

impl Access {
    /// By the settings `PASS_PHRASE` and `PUBLIC`. There is no default: a page is open to everyone
    /// only by choice.
    ///
    /// # Errors
    /// If neither or both are set, or the pass phrase is too short.
    pub fn from_settings() -> anyhow::Result<Self> {
        let phrase: String = settings::optional("PASS_PHRASE", String::new())?;
        match (phrase.is_empty(), settings::optional("PUBLIC", false)?) {
            (true, true) => Ok(Access::Public),
            (false, false) => Ok(Access::PassPhrase(Box::new(Gate::new(&phrase)?))),
            (true, false) => {
                bail!(
                    "set PASS_PHRASE, which visitors log in with, or PUBLIC=true to let everyone in"
                )
            }
            (false, true) => bail!("PASS_PHRASE and PUBLIC=true are both set; unset one"),
        }
    }
}

impl Gate {
    fn new(phrase: &str) -> anyhow::Result<Self> {
        if phrase.len() < MIN_PHRASE_BYTES {
            bail!(
                "PASS_PHRASE has {} bytes; it must have {MIN_PHRASE_BYTES} or more",
                phrase.len()
            );
        }
        let mut key = [0; 64];
        let derived = Argon2::default().hash_password_into(phrase.as_bytes(), SALT, &mut key);
        derived.map_err(|error| anyhow::anyhow!("{error}")).context("cannot derive a key")?;
        let (each, all) = ATTEMPTS_PER_HOUR;
        let attempts =
            RateLimit::per_hour(("CLIENT_LOG_INS_PER_HOUR", each), ("LOG_INS_PER_HOUR", all))?;
        Ok(Gate { phrase: Sha256::digest(phrase).into(), key: Key::from(&key), attempts })
    }

    fn jar(&self, headers: &HeaderMap) -> SignedCookieJar {
        SignedCookieJar::from_headers(headers, self.key.clone())
    }

    /// Whether a request has a cookie of a session that lasts.
    fn is_logged_in(&self, headers: &HeaderMap, now: u64) -> bool {
        let cookie = self.jar(headers).get(COOKIE);
        cookie.and_then(|cookie| cookie.value().parse::<u64>().ok()).is_some_and(|end| now < end)
    }

    /// The headers that begin a session.
    fn begin(&self, now: u64) -> SignedCookieJar {
        let cookie = Cookie::build((COOKIE, (now + SESSION.as_secs()).to_string()))
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(SESSION.try_into().expect("a week"))
            .build();
        self.jar(&HeaderMap::new()).add(cookie)
    }

    /// Compares in a time that does not depend on where phrases differ.
    fn is_phrase(&self, phrase: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(phrase).into();
        digest.ct_eq(&self.phrase).into()
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Lets requests with a session pass. Pages lead to the log-in, everything else is refused.
pub async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let Access::PassPhrase(gate) = &shared.access else { return next.run(request).await };
    let is_open = matches!(request.uri().path(), "/health" | "/log-in" | "/style.css");
    if is_open || gate.is_logged_in(request.headers(), now()) {
        return next.run(request).await;
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => Redirect::to("log-in").into_response(),
        _ => Refusal::new(StatusCode::UNAUTHORIZED, "Log in first.").into_response(),
    }
}

/// The form of the log-in.
#[derive(Deserialize)]
pub struct Attempt {
    phrase: String,
}

/// `GET log-in`.
pub async fn form(State(shared): State<Arc<Shared>>) -> Response {
    match shared.access {
        Access::Public => Redirect::to("./").into_response(),
        Access::PassPhrase(_) => page::log_in(None),
    }
}

/// `POST log-in`.
pub async fn log_in(
    State(shared): State<Arc<Shared>>,
    client: Client,
    attempt: Result<Form<Attempt>, FormRejection>,
) -> Response {
    let Access::PassPhrase(gate) = &shared.access else {
        return Redirect::to("./").into_response();
    };
    if let Err(wait) = gate.attempts.take(client, 1) {
        let refusal = Refusal::too_many("Too many attempts", wait);
        return (refusal.status, page::log_in(Some(&refusal.reason))).into_response();
    }
    match attempt {
        Ok(Form(Attempt { phrase })) if gate.is_phrase(&phrase) => {
            (gate.begin(now()), Redirect::to("./")).into_response()
        }
        _ => {
            let form = page::log_in(Some("This is not the pass phrase."));
            (StatusCode::UNAUTHORIZED, form).into_response()
        }
    }
}

/// `POST log-out`.
pub async fn log_out() -> Response {
    let cookie = Cookie::build((COOKIE, "")).path("/").secure(true).removal().build();
    ([("set-cookie", cookie.to_string())], Redirect::to("log-in")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The Cookie header that a browser sends after this response.
    fn sent(jar: SignedCookieJar) -> HeaderMap {
        let response = jar.into_response();
        let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(["Secure", "HttpOnly", "SameSite=Lax"].iter().all(|part| cookie.contains(part)));
        let mut headers = HeaderMap::new();
        headers.insert("cookie", cookie.split(';').next().unwrap().parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lasts_a_week_on_every_server_with_the_same_phrase() {
        let (gate, other) =
            (Gate::new("a long pass phrase").unwrap(), Gate::new("a long pass phrase").unwrap());
        let headers = sent(gate.begin(1000));
        for gate in [&gate, &other] {
            assert!(gate.is_logged_in(&headers, 1000));
            assert!(gate.is_logged_in(&headers, 1000 + SESSION.as_secs() - 1));
            assert!(!gate.is_logged_in(&headers, 1000 + SESSION.as_secs()));
        }
        assert!(!Gate::new("another pass phrase").unwrap().is_logged_in(&headers, 1000));
    }

    #[test]
    fn a_cookie_that_is_altered_or_made_up_is_none() {
        let gate = Gate::new("a long pass phrase").unwrap();
        let headers = sent(gate.begin(1000));
        let cookie = headers["cookie"].to_str().unwrap().to_owned();
        for position in 0..cookie.len() {
            let mut bytes = cookie.clone().into_bytes();
            bytes[position] = if bytes[position] == b'1' { b'2' } else { b'1' };
            let mut headers = HeaderMap::new();
            headers.insert("cookie", String::from_utf8(bytes).unwrap().parse().unwrap());
            assert!(!gate.is_logged_in(&headers, 1000), "position {position}");
        }
        let mut headers = HeaderMap::new();
        headers.insert("cookie", format!("{COOKIE}=9999999999").parse().unwrap());
        assert!(!gate.is_logged_in(&headers, 1000));
    }

    #[test]
    fn phrases_are_compared_and_short_ones_refused() {
        let gate = Gate::new("a long pass phrase").unwrap();
        assert!(gate.is_phrase("a long pass phrase"));
        for wrong in ["", "a long pass phrase ", "A long pass phrase", "a long pass phras"] {
            assert!(!gate.is_phrase(wrong), "{wrong}");
        }
        assert!(Gate::new("short").is_err());
    }
}
