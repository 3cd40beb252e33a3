use axum::extract::State;
use platform::{
    App, Problem,
    http::Json,
    session::{Principal, Role, SignedIn},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{PeopleError, service};

pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(me))
}

/// Whoever is signed in.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    id: Uuid,
    name: String,
    #[serde(flatten)]
    part: Part,
    /// To be sent as `x-csrf-token` with every request that changes something.
    csrf_token: String,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Part {
    Resident {
        /// Completed months today; absent when the birth date lies in the future.
        age_in_months: Option<u32>,
        sex: crate::Sex,
    },
    Staff {
        #[schema(value_type = String, example = "doctor")]
        role: Role,
        title: String,
        institution: String,
        department: String,
    },
}

/// 当前登录者。
#[utoipa::path(get, path = "/v1/me", tag = "people",
    responses(
        (status = 200, description = "已登录", body = Me),
        (status = 401, description = "尚未登录", body = Problem, content_type = "application/problem+json")))]
async fn me(State(app): State<App>, SignedIn(session): SignedIn) -> Result<Json<Me>, Problem> {
    let csrf_token = session.csrf;
    Ok(Json(match session.principal {
        Principal::Resident { id } => {
            let resident = service::find_resident(&app, id).await?.ok_or(PeopleError::NotFound)?;
            let age_in_months = resident.age_in_months(app.clock.today());
            Me {
                id,
                name: resident.name,
                part: Part::Resident { age_in_months, sex: resident.sex },
                csrf_token,
            }
        }
        Principal::Staff { id, role, .. } => {
            let staff = service::find_staff(&app, id).await?.ok_or(PeopleError::NotFound)?;
            let (institution, department) = (staff.department.institution_name, staff.department.name);
            Me {
                id,
                name: staff.name,
                part: Part::Staff { role, title: staff.title, institution, department },
                csrf_token,
            }
        }
    }))
}
