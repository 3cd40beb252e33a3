use axum::{
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::CookieJar;
use platform::{http::Form, session::local_path};
use serde::Deserialize;

/// How large type is on pages for patients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TypeSize {
    #[default]
    Normal,
    Large,
}

/// On plain HTTP, and behind TLS.
const COOKIES: [&str; 2] = ["type_size", "__Host-type_size"];

impl TypeSize {
    /// The choice kept in the browser.
    pub fn of(headers: &HeaderMap) -> Self {
        let jar = CookieJar::from_headers(headers);
        let found = COOKIES.iter().rev().find_map(|name| jar.get(name));
        if found.is_some_and(|cookie| cookie.value() == "large") { Self::Large } else { Self::Normal }
    }

    /// As written in cookie and attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Large => "large",
        }
    }

    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Normal => Self::Large,
            Self::Large => Self::Normal,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Switch {
    size: TypeSize,
    #[serde(default)]
    back: String,
}

/// Keeps the choice for a year and goes back to the page. The script reads the cookie too, so it is not `HttpOnly`;
/// it says nothing of the person.
pub(crate) fn switch(secure: bool, Form(switch): Form<Switch>) -> Response {
    let (name, size) = (COOKIES[usize::from(secure)], switch.size.name());
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{name}={size}; Path=/; Max-Age=31536000; SameSite=Lax{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(local_path(&switch.back))).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;

    #[rstest]
    #[case("/history", "/history")]
    #[case("/consultations/1?from=list", "/consultations/1?from=list")]
    #[case("//evil.example", "/")]
    #[case("/\\evil.example", "/")]
    #[case("https://evil.example", "/")]
    #[case("", "/")]
    #[tokio::test]
    async fn the_choice_is_kept_and_leads_back_to_own_pages_only(#[case] back: &str, #[case] led_to: &str) {
        let encoded = back.bytes().map(|b| format!("%{b:02X}")).collect::<Vec<_>>().concat();
        for secure_cookies in [false, true] {
            let request = Request::post("/display")
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(format!("size=large&back={encoded}")))
                .unwrap();
            let config = platform::Config { secure_cookies, ..platform::Config::default() };
            let response = crate::routes::<()>(&config).oneshot(request).await.unwrap();
            assert_eq!(response.status(), 303);
            assert_eq!(response.headers()["location"], led_to);
            let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
            assert_eq!(cookie.starts_with("__Host-"), secure_cookies);
            assert_eq!(cookie.ends_with("; Secure"), secure_cookies);
            let kept =
                HeaderMap::from_iter([(header::COOKIE, cookie.split(';').next().unwrap().parse().unwrap())]);
            assert_eq!(TypeSize::of(&kept), TypeSize::Large);
        }
    }
}
