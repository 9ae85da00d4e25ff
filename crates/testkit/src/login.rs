//! People who are logged in, and the token endpoint that keeps them so (RFC 6749, section 6).

use crate::TokenOptions;
use crate::http::{Answer, Recorded};
use crate::issuer::{Inner, claims};
use serde_json::{Value, json};
use std::collections::HashMap;

/// Refresh tokens, each good once.
#[derive(Default)]
pub(crate) struct Logins {
    open: HashMap<String, Login>,
    made: usize,
}

#[derive(Clone)]
struct Login {
    subject: String,
    groups: Vec<String>,
    audience: String,
}

impl Logins {
    pub(crate) fn start(&mut self, subject: &str, groups: &[&str], audience: &str) -> String {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        self.keep(Login { subject: subject.to_owned(), groups, audience: audience.to_owned() })
    }

    fn keep(&mut self, login: Login) -> String {
        self.made += 1;
        let token = format!("refresh-{}", self.made);
        self.open.insert(token.clone(), login);
        token
    }
}

impl Inner {
    pub(crate) fn refresh(&mut self, url: &str, request: &Recorded) -> Answer {
        let form: HashMap<&str, &str> = request.body.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let refused = |error: &str| Answer { status: 400, ..Answer::json(json!({"error": error})) };
        if form.get("grant_type") != Some(&"refresh_token") {
            return refused("unsupported_grant_type");
        }
        let Some(login) = form.get("refresh_token").and_then(|token| self.logins.open.remove(*token)) else {
            return refused("invalid_grant");
        };
        let options = TokenOptions::new(&login.audience, self.now);
        let claims = claims(url, &login.subject, json!({"groups": login.groups}), &options);
        let Ok(id_token) = self.sign(&claims) else {
            return Answer::status(500);
        };
        let next = self.logins.keep(login);
        let answer: Value = json!({
            "id_token": id_token, "access_token": id_token, "token_type": "Bearer", "expires_in": options.life,
            "refresh_token": next,
        });
        Answer::json(answer).with("cache-control", "no-store")
    }
}
