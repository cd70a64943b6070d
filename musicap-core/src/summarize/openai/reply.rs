//! A server's answer: a summary or an error.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::failure::{Failure, Retry};
use crate::error::SummaryProblem;

/// The greatest length of an answer that is accepted as a summary, in bytes.
const SUMMARY_BYTES: usize = 16 << 10;

/// The summary in an answer of status 200.
pub(super) fn summary(body: &[u8]) -> Result<String, Failure> {
    let wrong = |what: &str| Failure::last(SummaryProblem::Reply, what.to_owned());
    let reply: Value = serde_json::from_slice(body)
        .map_err(|_| wrong("the answer is not JSON; is this a chat completions server?"))?;
    let choice = &reply["choices"][0];
    let message = &choice["message"];
    let finish = choice["finish_reason"].as_str().unwrap_or_default();
    if finish == "content_filter" || message["refusal"].is_string() {
        let reason = "the model refused to describe this".to_owned();
        return Err(Failure::last(SummaryProblem::Content, reason));
    }
    let text = match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        Value::Null if finish == "length" => String::new(),
        _ => return Err(wrong("there is no text in the answer")),
    };
    if finish == "length" {
        return Err(wrong("the answer was truncated at the maximum number of tokens"));
    }
    let text = without_thoughts(&text);
    if text.len() > SUMMARY_BYTES {
        return Err(wrong("the answer is far longer than what was asked for"));
    }
    let is_wanted = |letter: &char| !letter.is_control() || *letter == '\n';
    let text: String = text.trim().chars().filter(is_wanted).collect();
    if text.is_empty() { Err(wrong("the answer is empty")) } else { Ok(text) }
}

/// The text without the reasoning that some open models put before their answer. The chat templates
/// of DeepSeek-R1 and QwQ end with `<think>`, so that answers have only the end of it.
fn without_thoughts(text: &str) -> &str {
    text.rsplit_once("</think>").map_or(text, |(_, answer)| answer)
}

/// The failure for an answer with another status. The server's own words may contain anything,
/// keys included, so they are read but never repeated.
pub(super) fn refusal(status: u16, headers: &HeaderMap, body: &[u8], model: &str) -> Failure {
    use SummaryProblem::{Auth, Content, Quota, RateLimit, Request, Server, Timeout, TooLong};
    let reply: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = &reply["error"];
    let inner = &error["innererror"]["code"];
    let codes: Vec<&str> = [&error["code"], &error["type"], inner, &reply["code"]]
        .into_iter()
        .filter_map(Value::as_str)
        .collect();
    let has = |known: &[&str]| codes.iter().any(|code| known.contains(code));
    let message = [&error["message"], &reply["message"], error];
    let message = message.iter().find_map(|text| text.as_str()).unwrap_or_default().to_lowercase();
    let too_long = has(&["context_length_exceeded", "string_above_max_length"])
        || message.contains("context length")
        || message.contains("context window");
    let filtered =
        has(&["content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"]);
    let unpaid = has(&["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]);

    let says = |what: &str| format!("the server responded with {status}: {what}");
    let last = |problem, what: &str| Failure::last(problem, says(what));
    let again = |problem, what: &str| Failure {
        problem,
        reason: says(what),
        retry: retry_after(headers).map_or(Retry::Later, Retry::After),
    };
    match status {
        _ if filtered => last(Content, "its content filter rejected this"),
        401 => last(Auth, "the key is missing or wrong; see OPENAI_API_KEY"),
        402 => last(Quota, "the paid quota is exhausted"),
        403 => last(Auth, "the key does not have permission"),
        404 => last(Request, &format!("there is no model \"{model}\" or no such path")),
        408 => again(Timeout, "the request took too long"),
        413 => last(TooLong, "the request is too large"),
        400 | 422 if too_long => last(TooLong, "the captions are too long for the model"),
        429 if unpaid => last(Quota, "the paid quota is exhausted"),
        429 => again(RateLimit, "too many requests"),
        500.. => again(Server, "it failed"),
        300..400 => last(Request, "it has moved; use its current URL"),
        _ => {
            Failure { retry: Retry::Simpler, ..last(Request, "it rejected the request as invalid") }
        }
    }
}

/// How long the server asks to wait: `Retry-After` in seconds or as a date (RFC 9110, section
/// 10.2.3), or `retry-after-ms`, which Azure sends.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    if let Some(milliseconds) = headers
        .get("retry-after-ms")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| number(value.trim()))
    {
        return Duration::try_from_secs_f64(milliseconds / 1000.0).ok();
    }
    let wanted = text(RETRY_AFTER)?;
    if let Some(seconds) = number(wanted) {
        return Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
    }
    let wanted = httpdate::parse_http_date(wanted).ok()?;
    // By the server's own clock, if it shows it: this machine's may be wrong.
    let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok());
    Some(wanted.duration_since(now.unwrap_or_else(SystemTime::now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_read_in_all_its_forms() {
        let wait = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(wait(&[("retry-after-ms", "250")]), Some(Duration::from_millis(250)));
        let server = [("retry-after", date), ("date", "Sun, 06 Nov 1994 08:49:00 GMT")];
        assert_eq!(wait(&server), Some(Duration::from_secs(37)));
        assert_eq!(wait(&[("retry-after", date)]), Some(Duration::ZERO));
        assert_eq!(wait(&[("retry-after", "1e400")]), None);
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[("retry-after", "-3")]), None);
    }

    #[test]
    fn summaries_are_found_in_what_servers_send() {
        let of = |json: &str| summary(json.as_bytes()).map_err(|failure| failure.problem);
        let reply = r#"{"choices":[{"message":{"content":" A waltz.\n"},"finish_reason":"stop"}]}"#;
        assert_eq!(of(reply).unwrap(), "A waltz.");
        let parts = r#"{"choices":[{"message":{"content":[{"type":"text","text":"A waltz."}]}}]}"#;
        assert_eq!(of(parts).unwrap(), "A waltz.");
        let thinking = r#"{"choices":[{"message":{"content":"<think>Hm.</think>\nA waltz."}}]}"#;
        assert_eq!(of(thinking).unwrap(), "A waltz.");
        let long = thinking.replace("Hm.", &"Hm. ".repeat(SUMMARY_BYTES));
        assert_eq!(of(&long).unwrap(), "A waltz.");
        let begun = r#"{"choices":[{"message":{"content":"Hm…</think>\nA waltz."}}]}"#;
        assert_eq!(of(begun).unwrap(), "A waltz.");
        for (json, problem) in [
            ("", SummaryProblem::Reply),
            ("[]", SummaryProblem::Reply),
            (r#"{"choices":[]}"#, SummaryProblem::Reply),
            (r#"{"choices":[{"message":{"content":" "}}]}"#, SummaryProblem::Reply),
            (r#"{"choices":[{"message":{"content":"Hm…</think>"}}]}"#, SummaryProblem::Reply),
            (
                r#"{"choices":[{"message":{"content":"A"},"finish_reason":"length"}]}"#,
                SummaryProblem::Reply,
            ),
            (
                r#"{"choices":[{"message":{"content":null,"refusal":"No."}}]}"#,
                SummaryProblem::Content,
            ),
            (
                r#"{"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]}"#,
                SummaryProblem::Content,
            ),
        ] {
            assert_eq!(of(json), Err(problem), "{json}");
        }
    }

    /// Response bodies with all fields that the servers' documentation shows, with our text.
    #[test]
    fn documented_responses_of_three_servers_are_read() {
        let openai = r#"{"id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object":
            "chat.completion", "created": 1741569952, "model": "gpt-4o-mini-2024-07-18", "choices":
            [{"index": 0, "message": {"role": "assistant", "content": "A waltz.", "refusal": null,
            "annotations": []}, "logprobs": null, "finish_reason": "stop"}], "usage":
            {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}}, "service_tier":
            "default", "system_fingerprint": null}"#;
        let vllm = r#"{"id": "chatcmpl-0a1b", "object": "chat.completion", "created": 1776258648,
            "model": "google/gemma-3-12b-it", "choices": [{"index": 0, "message": {"role":
            "assistant", "content": "A waltz.", "refusal": null, "annotations": null, "audio":
            null, "function_call": null, "tool_calls": [], "reasoning": null}, "logprobs": null,
            "finish_reason": "stop", "stop_reason": null, "token_ids": null}], "service_tier":
            null, "system_fingerprint": null, "usage": {"prompt_tokens": 201, "total_tokens": 217,
            "completion_tokens": 16, "prompt_tokens_details": null}, "prompt_logprobs": null,
            "prompt_token_ids": null, "kv_transfer_params": null}"#;
        let ollama = r#"{"id": "chatcmpl-308", "object": "chat.completion", "created": 1777529963,
            "model": "qwen3:8b", "system_fingerprint": "fp_ollama", "choices": [{"index": 0,
            "message": {"role": "assistant", "content": "A waltz.", "reasoning": "Three beats."},
            "finish_reason": "stop"}], "usage": {"prompt_tokens": 25, "completion_tokens": 150,
            "total_tokens": 175}}"#;
        for body in [openai, vllm, ollama] {
            assert_eq!(summary(body.as_bytes()).unwrap(), "A waltz.", "{body}");
        }
    }

    #[test]
    fn error_responses_are_distinguished() {
        let of = |status, body: &str| {
            let failure = refusal(status, &HeaderMap::new(), body.as_bytes(), "m");
            (failure.problem, matches!(failure.retry, Retry::Later | Retry::After(_)))
        };
        let quota = r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#;
        let filter = r#"{"error":{"code":"content_filter"}}"#;
        let long = r#"{"object":"error","message":"This model's maximum context length is 4096"}"#;
        for (status, body, expected) in [
            (429, "", (SummaryProblem::RateLimit, true)),
            (429, quota, (SummaryProblem::Quota, false)),
            (400, filter, (SummaryProblem::Content, false)),
            (400, long, (SummaryProblem::TooLong, false)),
            (400, "{", (SummaryProblem::Request, false)),
            (401, "", (SummaryProblem::Auth, false)),
            (404, "", (SummaryProblem::Request, false)),
            (307, "", (SummaryProblem::Request, false)),
            (503, "", (SummaryProblem::Server, true)),
        ] {
            assert_eq!(of(status, body), expected, "{status} {body}");
        }
    }
}
