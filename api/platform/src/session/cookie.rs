use std::borrow::Cow;

use axum_extra::extract::cookie::{Cookie, SameSite};

use crate::Config;

/// A cookie's name as browsers keep it. Behind TLS it says `__Host-`: then no browser takes it over plain HTTP, or from
/// a neighbouring host that would like to plant one.
pub fn cookie_name(config: &Config, name: &'static str) -> Cow<'static, str> {
    if config.secure_cookies { format!("__Host-{name}").into() } else { name.into() }
}

/// A cookie of this host alone, unseen by scripts, until the browser is closed.
pub fn host_cookie(
    config: &Config,
    name: &'static str,
    value: String,
    same_site: SameSite,
) -> Cookie<'static> {
    Cookie::build((cookie_name(config, name), value))
        .path("/")
        .http_only(true)
        .same_site(same_site)
        .secure(config.secure_cookies)
        .build()
}

/// What removes such a cookie from the browser.
pub fn host_cookie_removal(config: &Config, name: &'static str) -> Cookie<'static> {
    let mut cookie = host_cookie(config, name, String::new(), SameSite::Lax);
    cookie.make_removal();
    cookie
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        extract::FromRequestParts,
        http::{Method, Request},
    };
    use uuid::Uuid;

    use super::*;
    use crate::{
        App,
        db::test_support::Bench,
        session::{self, Csrf, MaybeSignedIn, Principal},
    };

    #[tokio::test]
    async fn behind_tls_cookies_are_secure_and_of_this_host() {
        let bench = Bench::sqlite(&[]).await;
        for secure_cookies in [false, true] {
            let config = Config { secure_cookies, ..(*bench.app.config).clone() };
            let app = App { config: config.into(), ..bench.app.clone() };
            let mut tx = app.db.begin().await.unwrap();
            let principal = Principal::Resident { id: Uuid::nil() };
            let cookie = session::begin(&mut tx, &app, &principal).await.unwrap();
            tx.commit().await.unwrap();
            let written = cookie.to_string();
            assert_eq!(written.starts_with("__Host-jiuyi_session="), secure_cookies, "{written}");
            assert_eq!(written.contains("; Secure"), secure_cookies, "{written}");
            assert!(written.contains("; Path=/") && !written.contains("Domain"), "{written}");

            let is_in = async |name: &str| {
                let request = Request::builder().method(Method::GET).uri("/");
                let request = request.header("cookie", format!("{name}={}", cookie.value()));
                let (mut parts, _) = request.body(Body::empty()).unwrap().into_parts();
                let Csrf(token) = Csrf::from_request_parts(&mut parts, &app).await.unwrap();
                let MaybeSignedIn(found) = MaybeSignedIn::from_request_parts(&mut parts, &app).await.unwrap();
                assert_eq!(token.is_empty(), found.is_none());
                found.is_some()
            };
            assert_eq!(is_in("__Host-jiuyi_session").await, secure_cookies);
            assert_eq!(is_in("jiuyi_session").await, !secure_cookies, "a planted one opens nothing");
        }
    }
}
