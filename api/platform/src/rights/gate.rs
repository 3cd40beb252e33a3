use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use uuid::Uuid;

use super::{Held, Permission, Right, Route, Scope, Table, Who, refusals::InTrail, store};
use crate::{
    App, Problem,
    audit::{self, Actor, Outcome},
    http::{RequestId, method_not_allowed},
    integrity::BrokenRow,
    session::{Principal, Session, SignedIn},
};

/// The one place where rights are enforced; cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    app: App,
    table: Table,
    known: Mutex<Known>,
}

/// What was read of the rights, as of a version; all of it is forgotten when the version has changed.
#[derive(Default)]
struct Known {
    version: i64,
    held: HashMap<Uuid, Arc<Held>>,
}

impl Gate {
    /// With the routes of all crates.
    pub fn new(app: App, lists: &[&[Route]]) -> Self {
        Self(Arc::new(Inner { app, table: Table::of(lists), known: Mutex::default() }))
    }

    pub fn table(&self) -> &Table {
        &self.0.table
    }

    /// Lets a request in, with [`Right`] in its extensions where staff is at the other end.
    async fn admit(&self, parts: &mut Parts, who: Who) -> Result<(), Problem> {
        if who == Who::Public {
            return Ok(());
        }
        let SignedIn(session) = SignedIn::from_request_parts(parts, &self.0.app).await?;
        match (who, &session.principal) {
            (Who::Public | Who::SignedIn | Who::Resident, Principal::Resident { .. }) => Ok(()),
            (Who::Resident, Principal::Staff { .. }) => {
                let detail = "此页面供居民使用。请退出后以居民身份登录。";
                self.refuse(parts, &session, "不是居民", detail).await
            }
            (Who::AnyStaff | Who::Staff(_), Principal::Resident { .. }) => {
                let detail = "此页面供医务人员使用。请退出后以医务人员身份登录。";
                self.refuse(parts, &session, "不是医务人员", detail).await
            }
            (_, Principal::Staff { id, .. }) => {
                let held = match self.held(*id).await? {
                    Ok(held) => held,
                    Err(broken) => return self.refuse_broken(parts, &session, &broken).await,
                };
                let permission = match who {
                    Who::Staff(permission) => Some(permission),
                    _ => None,
                };
                if let Some(lacking) = permission.filter(|permission| !held.may(*permission)) {
                    return self.refuse_for(parts, &session, lacking).await;
                }
                let narrow = permission.filter(|permission| {
                    permission.is_undivided() && held.scope(*permission) != Some(Scope::District)
                });
                if let Some(narrow) = narrow {
                    return self.refuse_narrow(parts, &session, narrow).await;
                }
                parts.extensions.insert(held.clone());
                if let Some(right) = Right::new(session.principal, session.csrf, permission, held) {
                    parts.extensions.insert(right);
                }
                Ok(())
            }
        }
    }

    /// What somebody holds, read anew when anybody's rights have changed.
    async fn held(&self, id: Uuid) -> Result<Result<Arc<Held>, BrokenRow>, Problem> {
        let (db, keyring) = (&self.0.app.db, &self.0.app.keyring);
        let version = store::find_version(db).await?;
        {
            let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.version != version {
                *known = Known { version, held: HashMap::new() };
            }
            if let Some(held) = known.held.get(&id) {
                return Ok(Ok(held.clone()));
            }
        }
        // Read after its version: at worst it is newer than that, and read again at the next request.
        let held = match store::find_sound(db, keyring, id).await? {
            Ok(held) => Arc::new(held),
            Err(broken) => return Ok(Err(broken)),
        };
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.version == version {
            known.held.insert(id, held.clone());
        }
        Ok(Ok(held))
    }

    /// Rights that somebody changed in the database give nothing.
    async fn refuse_broken(
        &self,
        parts: &Parts,
        session: &Session,
        broken: &BrokenRow,
    ) -> Result<(), Problem> {
        tracing::error!(%broken, "ALARM: rights were changed in the database");
        let detail = "您的权限资料与登记的不一致，为安全起见已停止使用。请立即联系本单位的安全管理员。";
        self.refuse(parts, session, &format!("权限资料被改动：{broken}"), detail).await
    }

    async fn refuse_for(&self, parts: &Parts, session: &Session, lacking: Permission) -> Result<(), Problem> {
        let why = format!("没有权限 {}", lacking.name());
        let detail =
            format!("您的角色没有“{}”的权限。如工作需要，请联系本单位的安全管理员。", lacking.title());
        self.refuse(parts, session, &why, &detail).await
    }

    async fn refuse_narrow(
        &self,
        parts: &Parts,
        session: &Session,
        narrow: Permission,
    ) -> Result<(), Problem> {
        let why = format!("权限 {} 的范围不是全区", narrow.name());
        let detail = format!(
            "“{}”的内容不分机构，需要全区范围的权限，而您的范围较小。如工作需要，请联系本单位的安全管理员。",
            narrow.title()
        );
        self.refuse(parts, session, &why, &detail).await
    }

    /// The refusal, once it stands in the audit trail.
    async fn refuse(&self, parts: &Parts, session: &Session, why: &str, detail: &str) -> Result<(), Problem> {
        let app = &self.0.app;
        let path = parts.extensions.get::<MatchedPath>().map_or("-", MatchedPath::as_str);
        let request_id = parts.extensions.get::<RequestId>().map_or("-", |id| id.0.as_str());
        let mut tx = app.db.begin().await?;
        let entry = audit::Entry {
            at: app.now(),
            actor: Actor::from(&session.principal),
            action: "access.refused",
            patient: None,
            object: Some(format!("{} {path}", parts.method)),
            reason: Some(why),
            outcome: Outcome::Denied,
            request_id,
        };
        audit::append(&mut tx, entry).await?;
        tx.commit().await?;
        Err(Problem::forbidden(detail))
    }
}

/// Middleware: looks the route up and lets in who may. Paths that lead nowhere go on to the router's answer.
pub async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        return next.run(request).await;
    };
    let (mut parts, body) = request.into_parts();
    let Some(who) = gate.0.table.find(&parts.method, path.as_str()) else {
        return unlisted(&gate, &parts, path.as_str());
    };
    match gate.admit(&mut parts, who).await {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(problem) => {
            let is_written = problem.status == StatusCode::FORBIDDEN;
            let mut response = problem.into_response();
            if is_written {
                response.extensions_mut().insert(InTrail);
            }
            response
        }
    }
}

fn unlisted(gate: &Gate, parts: &Parts, path: &str) -> Response {
    let Some(methods) = gate.0.table.methods(path) else {
        tracing::error!(method = %parts.method, path, "a route stands in no ACCESS list and is refused");
        return Problem::forbidden("此地址没有开放。").into_response();
    };
    let mut response = method_not_allowed().into_response();
    if let Ok(methods) = HeaderValue::from_str(&methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{
        Router,
        body::Body,
        http::Method,
        middleware::from_fn_with_state,
        routing::{get, post},
    };
    use tower::ServiceExt;

    use super::*;
    use crate::{
        db::test_support::{Bench, on_each_database},
        rights::{Duty, Fields, Grant, Scope, roles},
        session::{self, COOKIE, Role},
    };

    const ACCESS: &[Route] = &[
        Route::get("/open", Who::Public),
        Route::get("/mine/{id}", Who::Resident),
        Route::get("/any", Who::SignedIn),
        Route::get("/desk", Who::AnyStaff),
        Route::get("/read", Who::Staff(Permission::ConsultationRead)),
        Route::get("/names", Who::Staff(Permission::RealnameReview)),
    ];

    fn router(app: &App) -> Router {
        let scope = |right: Right| async move { format!("{:?}", right.scope()) };
        let plain = || async { "in" };
        Router::new()
            .route("/open", get(plain))
            .route("/mine/{id}", get(plain).post(plain))
            .route("/any", get(plain))
            .route("/desk", get(plain))
            .route("/read", get(scope))
            .route("/names", get(plain))
            .route("/forgotten", get(plain))
            .route("/forgotten-too", post(plain))
            .layer(from_fn_with_state(Gate::new(app.clone(), &[ACCESS]), guard))
    }

    async fn cookie(app: &App, principal: &Principal) -> String {
        let mut tx = app.db.begin().await.unwrap();
        let cookie = session::begin(&mut tx, app, principal).await.unwrap();
        tx.commit().await.unwrap();
        format!("{COOKIE}={}", cookie.value())
    }

    async fn ask(router: &Router, method: Method, path: &str, cookie: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).header("cookie", cookie);
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn hold(bench: &Bench, id: Uuid, role: &str) {
        let mut tx = bench.db.begin().await.unwrap();
        roles::hold(&mut tx, &bench.keyring, id, role, "test", bench.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn staff(id: Uuid) -> Principal {
        Principal::Staff { id, role: Role::Doctor, institution: "H01".into(), department: "IM".into() }
    }

    #[tokio::test]
    async fn what_is_not_listed_is_refused_and_the_rest_is_as_listed() {
        on_each_database(&[], async |bench| {
            let (router, doctor, idle) = (router(bench), bench.new_id(), bench.new_id());
            hold(bench, doctor, "doctor").await;
            let nobody = String::new();
            let resident = cookie(bench, &Principal::Resident { id: bench.new_id() }).await;
            let doctor = cookie(bench, &staff(doctor)).await;
            let without_role = cookie(bench, &staff(idle)).await;
            for (path, expected) in [
                ("/open", [200, 200, 200, 200]),
                ("/mine/7", [401, 200, 403, 403]),
                ("/any", [401, 200, 200, 200]),
                ("/desk", [401, 403, 200, 200]),
                ("/read", [401, 403, 200, 403]),
                ("/forgotten", [403; 4]),
                ("/nowhere", [404; 4]),
            ] {
                let mut seen = Vec::new();
                for cookie in [&nobody, &resident, &doctor, &without_role] {
                    seen.push(ask(&router, Method::GET, path, cookie).await.0);
                }
                assert_eq!(seen, expected, "{path}");
            }
            // A handler that exists under a method nobody listed does not run.
            assert_eq!(ask(&router, Method::POST, "/mine/7", &resident).await.0, 405);
            assert_eq!(ask(&router, Method::POST, "/forgotten-too", &resident).await.0, 403);
            assert_eq!(ask(&router, Method::HEAD, "/read", &doctor).await.0, 200);
            assert_eq!(ask(&router, Method::GET, "/read", &doctor).await.1, "Some(Department)");

            let refused = audit::list_for_object(&bench.db, "GET /read", 9).await.unwrap();
            assert_eq!(refused.len(), 2, "of the resident and of the one without a role");
            assert!(refused.iter().all(|row| row.action == "access.refused" && row.outcome == "denied"));
            assert_eq!(refused[0].reason.as_deref(), Some("没有权限 consultation.read"));
        })
        .await;
    }

    #[tokio::test]
    async fn a_narrow_grant_of_what_belongs_to_no_institution_opens_nothing() {
        on_each_database(&[], async |bench| {
            let (router, id) = (router(bench), bench.new_id());
            hold(bench, id, "reviewer").await;
            let cookie = cookie(bench, &staff(id)).await;
            assert_eq!(ask(&router, Method::GET, "/names", &cookie).await.0, 200);
            let record = roles::find_role(&bench.db, "reviewer").await.unwrap().unwrap();
            let narrow = Grant {
                permission: Permission::RealnameReview,
                scope: Scope::Institution,
                fields: Fields::new(),
            };
            let mut tx = bench.db.begin().await.unwrap();
            roles::change(&mut tx, &bench.keyring, &record, &[narrow]).await.unwrap();
            tx.commit().await.unwrap();
            let (status, body) = ask(&router, Method::GET, "/names", &cookie).await;
            assert_eq!(status, 403);
            assert!(body.contains("“审核实名”的内容不分机构"), "{body}");
            let refused = audit::list_for_object(&bench.db, "GET /names", 9).await.unwrap();
            assert_eq!(refused[0].reason.as_deref(), Some("权限 realname.review 的范围不是全区"));
        })
        .await;
    }

    /// Two gates are two nodes on one database.
    #[tokio::test]
    async fn a_change_of_rights_is_known_to_every_node_at_the_next_request() {
        on_each_database(&[], async |bench| {
            let (one, two, id) = (router(bench), router(bench), bench.new_id());
            let cookie = cookie(bench, &staff(id)).await;
            assert_eq!(ask(&two, Method::GET, "/read", &cookie).await.0, 403);
            hold(bench, id, "doctor").await;
            for router in [&one, &two] {
                assert_eq!(ask(router, Method::GET, "/read", &cookie).await.1, "Some(Department)");
            }
            let record = roles::find_role(&bench.db, "doctor").await.unwrap().unwrap();
            assert_eq!(record.duty, Duty::Business);
            let wider = Grant {
                permission: Permission::ConsultationRead,
                scope: Scope::Institution,
                fields: Fields::new(),
            };
            let mut tx = bench.db.begin().await.unwrap();
            roles::change(&mut tx, &bench.keyring, &record, &[wider]).await.unwrap();
            tx.commit().await.unwrap();
            for router in [&one, &two] {
                assert_eq!(ask(router, Method::GET, "/read", &cookie).await.1, "Some(Institution)");
            }
            let mut tx = bench.db.begin().await.unwrap();
            roles::release(&mut tx, &bench.keyring, id, "doctor").await.unwrap();
            tx.commit().await.unwrap();
            for router in [&one, &two] {
                assert_eq!(ask(router, Method::GET, "/read", &cookie).await.0, 403);
            }
        })
        .await;
    }

    #[tokio::test]
    async fn rights_changed_in_the_database_open_nothing_and_are_told() {
        on_each_database(&[], async |bench| {
            let (router, id) = (router(bench), bench.new_id());
            hold(bench, id, "doctor").await;
            let cookie = cookie(bench, &staff(id)).await;
            assert_eq!(ask(&router, Method::GET, "/read", &cookie).await.1, "Some(Department)");
            let mut tx = bench.db.begin().await.unwrap();
            let sql = "UPDATE role_grant SET scope = 'district' WHERE role = 'doctor'
                AND permission = 'consultation.read'";
            crate::on_tx!(&mut tx, |c| sqlx::query(sql).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            for path in ["/read", "/desk"] {
                let (status, body) = ask(&router, Method::GET, path, &cookie).await;
                assert_eq!(status, 403, "{body}");
                assert!(body.contains("安全管理员") || body.is_empty(), "{body}");
            }
            let told = audit::list_for_object(&bench.db, "GET /read", 9).await.unwrap();
            let reason = told[0].reason.as_deref().unwrap();
            assert!(reason.contains("role_grant，行 doctor/consultation.read：内容被改动"), "{reason}");
        })
        .await;
    }
}
