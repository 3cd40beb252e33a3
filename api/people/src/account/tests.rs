//! Walks over HTTP, on both databases.

mod client;
mod integrity;
mod manage;
mod own;
mod sign_in;

use std::sync::Arc;

use platform::{
    App, Config, audit,
    db::test_support::{Bench, on_each_database},
    session::Role,
};
use uuid::Uuid;

use self::client::Client;
use super::{password, store, totp};
use crate::{Department, Staff};

const GOOD: &str = "Kf8!mzQw2xTp";
const OTHER: &str = "Vu6#hrNb9kLd";

async fn each(test: impl AsyncFn(&Bench)) {
    on_each_database(&[crate::migrations], test).await;
}

/// An account whose password is [`GOOD`] and was chosen by its owner.
async fn account(app: &App, role: Role, user_name: &str) -> Uuid {
    let department = Department {
        institution: "H01".into(),
        institution_name: "云川区中心医院".into(),
        code: "IM".into(),
        name: "内科".into(),
    };
    let name = format!("人员{user_name}");
    let staff = Staff { id: app.new_id(), name, role, title: String::new(), department };
    let hash = password::hash(app, GOOD).await.unwrap();
    let mut tx = app.db.begin().await.unwrap();
    crate::store::save_department(&app.keyring, &mut tx, &staff.department).await.unwrap();
    store::insert_staff(&app.keyring, &mut tx, &staff, app.now()).await.unwrap();
    assert!(
        store::insert(&app.keyring, &mut tx, staff.id, user_name, &hash, false, app.now()).await.unwrap()
    );
    tx.commit().await.unwrap();
    staff.id
}

/// Gives an account a second factor; its secret.
async fn with_factor(app: &App, id: Uuid) -> String {
    let secret = totp::new_secret(&*app.ids);
    let sealed = app.keyring.seal(&*app.ids, store::place_of_secret(id), &secret);
    let mut tx = app.db.begin().await.unwrap();
    store::update_secret(&app.keyring, &mut tx, id, &sealed, 0, app.now()).await.unwrap();
    tx.commit().await.unwrap();
    secret
}

fn configured(app: &App, change: impl FnOnce(&mut Config)) -> App {
    let mut config = (*app.config).clone();
    change(&mut config);
    App { config: Arc::new(config), ..app.clone() }
}

/// What the audit trail says of an account, newest first, as `action outcome`.
async fn deeds(app: &App, id: Uuid) -> Vec<String> {
    let rows = audit::list_for_object(&app.db, &format!("account/{id}"), 50).await.unwrap();
    rows.iter().map(|row| format!("{} {}", row.action, row.outcome)).collect()
}
