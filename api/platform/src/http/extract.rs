//! Extractors whose refusals are problems that name the place of the fault.
#![expect(clippy::disallowed_types, reason = "the one place that wraps axum's extractors")]

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request, path::ErrorKind, rejection::PathRejection},
    http::{StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::Problem;

/// A JSON body, read or sent. Syntax errors are 400 with line and column, wrong values 422 with a JSON pointer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// Reads JSON that was taken in as bytes, as where they were signed; refused like the body of [`Json`].
pub fn read_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let reader = &mut serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut *reader).map_err(|error| {
        let place = pointer(error.path());
        let fault = error.into_inner();
        if fault.is_data() {
            Problem::invalid_input().fault(place, fault.to_string())
        } else {
            malformed_json(&fault)
        }
    })?;
    reader.end().map_err(|fault| malformed_json(&fault))?;
    Ok(value)
}

/// An urlencoded body; a name given several times fills a `Vec`.
#[derive(Debug, Clone, Copy)]
pub struct Form<T>(pub T);

/// The query of the address.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// Values in the path of the address.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_type(&request, "application/json")?;
        read_json(&body(request, state).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        require_type(&request, "application/x-www-form-urlencoded")?;
        urlencoded(&body(request, state).await?).map(Self)
    }
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        urlencoded(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(unreadable_path(rejection)),
        }
    }
}

fn require_type(request: &Request, wanted: &'static str) -> Result<(), Problem> {
    let given =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = given.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "/problems/unsupported-media-type",
        "请求内容的类型不对",
    )
    .detail(format!("这里需要 Content-Type: {wanted}")))
}

/// The whole body, within the limit.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            too_large()
        } else {
            Problem::bad_request("请求内容没有传完，请重新提交。")
        }
    })
}

/// A body over the configured limit.
pub(crate) fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "/problems/too-large", "提交的内容太大")
        .detail("请减少内容后重新提交。")
}

fn malformed_json(fault: &serde_json::Error) -> Problem {
    Problem::bad_request(format!("JSON 第 {} 行第 {} 列无法读懂", fault.line(), fault.column()))
}

fn urlencoded<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    let reader = serde_html_form::Deserializer::from_bytes(text);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let place = pointer(error.path());
        Problem::invalid_input().fault(place, error.into_inner().to_string())
    })
}

fn unreadable_path(rejection: PathRejection) -> Problem {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        return Problem::internal(rejection);
    };
    let problem = Problem::bad_request("地址中有一处不正确，请检查链接是否完整。");
    match error.into_kind() {
        ErrorKind::ParseErrorAtKey { key, expected_type, .. } => {
            problem.fault(format!("/{key}"), format!("应为 {expected_type}"))
        }
        ErrorKind::DeserializeError { key, message, .. } => problem.fault(format!("/{key}"), message),
        other => problem.fault("", other.to_string()),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut pointer, segment| {
        pointer.push('/');
        match segment {
            Segment::Seq { index } => pointer.push_str(&index.to_string()),
            Segment::Map { key } => pointer.push_str(&key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => pointer.push_str(variant),
            Segment::Unknown => pointer.push('?'),
        }
        pointer
    })
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use rstest::rstest;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Answer {
        answers: Vec<Item>,
    }
    #[derive(Debug, Deserialize)]
    struct Item {
        value: u8,
    }

    fn json(body: &str) -> Request {
        Request::post("/")
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    #[tokio::test]
    async fn json_is_read() {
        let Json(answer) =
            Json::<Answer>::from_request(json(r#"{"answers":[{"value":3}]}"#), &()).await.unwrap();
        assert_eq!(answer.answers[0].value, 3);
    }

    #[rstest]
    #[case(r#"{"answers":[{"value":300}]}"#, 422, Some("/answers/0/value"))]
    #[case(r#"{"answers":[{}]}"#, 422, Some("/answers/0"))]
    #[case("{\n oops", 400, None)]
    #[case(r#"{"answers":[]} x"#, 400, None)]
    #[case("", 400, None)]
    #[tokio::test]
    async fn json_faults_name_their_place(
        #[case] body: &str,
        #[case] status: u16,
        #[case] place: Option<&str>,
    ) {
        let problem = Json::<Answer>::from_request(json(body), &()).await.unwrap_err();
        assert_eq!(problem.status, status);
        assert_eq!(problem.errors.first().map(|fault| fault.pointer.as_str()), place);
    }

    #[tokio::test]
    async fn wrong_type_is_refused() {
        let request = Request::post("/").body(Body::from("{}")).unwrap();
        assert_eq!(Json::<Answer>::from_request(request, &()).await.unwrap_err().status, 415);
    }

    #[test]
    fn forms_collect_repeated_names_and_name_the_faulty_one() {
        #[derive(Debug, Deserialize)]
        struct Picked {
            symptom: Vec<String>,
            age: u8,
        }
        let picked: Picked = urlencoded("symptom=发热&symptom=咳嗽&age=3".as_bytes()).unwrap();
        assert_eq!((picked.symptom.len(), picked.age), (2, 3));
        let problem = urlencoded::<Picked>(b"symptom=a&age=x").unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/age");
    }
}
