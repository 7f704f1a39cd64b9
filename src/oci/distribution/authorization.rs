//! The values of `Authorization` headers, marked as not to be shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;

use crate::oci::distribution::secret::Secret;

/// `Basic …`; `None` for a pair that no header can hold.
pub(crate) fn basic(username: &str, password: &Secret) -> Option<HeaderValue> {
    sensitive(&format!("Basic {}", STANDARD.encode(format!("{username}:{}", password.reveal()))))
}

/// `Bearer …`; `None` for a token that no header can hold.
pub(crate) fn bearer(token: &Secret) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {}", token.reveal()))
}

/// The secrets in such a value: the password as well as the pair in base64, or the token.
pub(crate) fn secrets_in(authorization: Option<&HeaderValue>) -> Vec<String> {
    let shown = authorization.and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '));
    let Some((scheme, shown)) = shown else { return Vec::new() };
    let pair = (scheme == "Basic").then(|| STANDARD.decode(shown).ok()).flatten();
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    let password = pair.as_deref().and_then(|pair| pair.split_once(':')).map(|(_, password)| password.to_owned());
    [Some(shown.trim_end_matches('=').to_owned()), password].into_iter().flatten().collect()
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
