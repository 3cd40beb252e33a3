//! The room against the simulators, over real HTTP with faults, on both databases.

mod archive;
mod feed;
mod import;
mod outbox;
mod pages;
mod registrations;
mod templates;

use std::sync::Arc;

use gateways::{
    Gateways,
    simulate::{Simulators, start_missing},
};
use people::Staff;
use platform::{
    Config,
    audit::Actor,
    http::RequestId,
    jobs::Worker,
    rights::{Fields, Grant, Held, Permission, Right, Scope},
    session::{Principal, Role},
};
use uuid::Uuid;

use super::{handlers, model::Delivery, store};
use crate::{
    model::Doctor,
    testing::{Browser, House, on_each},
};

/// A house whose outside systems are simulated.
pub(super) struct Connected<'a> {
    pub(super) house: House<'a>,
    pub(super) simulators: Simulators,
    pub(super) gateways: Gateways,
}

pub(super) async fn on_each_connected(test: impl AsyncFn(Connected<'_>)) {
    on_each(async |house| test(connected(house).await).await).await;
}

async fn connected(mut house: House<'_>) -> Connected<'_> {
    let mut config = Config { gateway_seconds: 1, ..(*house.bench.app.config).clone() };
    let (clock, ids) = (house.bench.app.clock.clone(), house.bench.app.ids.clone());
    let simulators = start_missing(&mut config, &clock, &ids).await.unwrap();
    house.service.app.config = Arc::new(config);
    let gateways = Gateways::of(&house.service.app);
    Connected { house, simulators, gateways }
}

impl Connected<'_> {
    pub(super) fn his(&self) -> &gateways::his::Simulator {
        &self.simulators.his.as_ref().unwrap().1
    }

    pub(super) fn his_faults(&self) -> &gateways::simulate::Faults {
        &self.simulators.his.as_ref().unwrap().0.faults
    }

    pub(super) fn emr(&self) -> &gateways::emr::Simulator {
        &self.simulators.emr.as_ref().unwrap().1
    }

    pub(super) fn worker(&self) -> Worker {
        let worker = Worker::new(self.house.service.app.clone());
        let worker = people::message::handlers(worker, Vec::new().into());
        handlers(worker, self.gateways.clone())
    }

    /// Runs what is due.
    pub(super) async fn work(&self) {
        self.worker().drain().await.unwrap();
    }

    pub(super) async fn delivery(&self, consultation: Uuid, target: super::Target) -> Delivery {
        let db = &self.house.service.app.db;
        store::find_of_consultation(db, consultation, target).await.unwrap().unwrap()
    }

    /// Ids of the consultations the HIS took of the resident, in order.
    pub(super) async fn taken(&self) -> Vec<Uuid> {
        let mut taken = Vec::new();
        for received in self.his().received() {
            let id: Uuid = received.outcome.id.parse().unwrap();
            let found = store::find_delivery(&self.house.service.app.db, id).await.unwrap().unwrap();
            taken.push(found.consultation);
        }
        taken
    }

    /// Somebody of the staff who holds these permissions over the whole district.
    pub(super) fn holder(&self, staff: &Staff, permissions: &[Permission]) -> Doctor<'_> {
        let grant = |permission: &Permission| Grant {
            permission: *permission,
            scope: Scope::District,
            fields: Fields::new(),
        };
        let held = Held::of(permissions.iter().map(grant).collect(), Vec::new());
        let right =
            Right::new(staff.principal(), String::new(), Some(permissions[0]), Arc::new(held)).unwrap();
        Doctor { right, request: &self.house.request }
    }

    pub(super) async fn admin(&self) -> Browser {
        let (_, staff) = people::service::list_demo_people(self.house.bench).await.unwrap();
        let admin = staff.iter().find(|one| one.role == Role::Admin).unwrap();
        self.house.browser(admin.principal()).await
    }

    pub(super) async fn doctor(&self) -> Browser {
        self.house.browser(self.house.doctor.principal()).await
    }

    pub(super) async fn other_doctor(&self) -> Browser {
        self.house.browser(self.house.other_doctor.principal()).await
    }

    pub(super) fn by(&self) -> (Actor, &RequestId) {
        (Actor::from(&Principal::Resident { id: Uuid::nil() }), &self.house.request)
    }
}
