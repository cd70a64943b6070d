//! Secrets Manager: GetSecretValue of secrets that stand in the settings.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::calls::Calls;
use crate::loopback::{Users, protect};
use crate::sagemaker::failure;

struct Secrets {
    /// By their ARNs.
    values: Vec<(String, String)>,
    calls: Arc<Calls>,
}

/// Serves the secrets.
///
/// # Errors
/// If there is no free port.
pub async fn serve(values: Vec<(String, String)>, calls: Arc<Calls>) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let secrets = Arc::new(Secrets { values, calls });
    let app = Router::new().route("/", post(get_secret_value)).with_state(secrets);
    let app = protect(app, address, Users::Programs);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

async fn get_secret_value(
    State(secrets): State<Arc<Secrets>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = request["SecretId"].as_str().unwrap_or_default();
    let Some(role) = Calls::role(text("authorization")) else {
        return failure(400, "MissingAuthenticationTokenException", json!({}));
    };
    if text("x-amz-target") != Some("secretsmanager.GetSecretValue") {
        return failure(400, "UnknownOperationException", json!({}));
    }
    secrets.calls.record(&role, "secretsmanager:GetSecretValue", id);
    match secrets.values.iter().find(|(arn, _)| arn == id) {
        Some((arn, value)) => Json(json!({"ARN": arn, "SecretString": value})).into_response(),
        None => failure(400, "ResourceNotFoundException", json!({"Message": "no such secret"})),
    }
}
