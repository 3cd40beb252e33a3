//! How much the pre-consultation is used, by whom and how the questions of its questionnaires were answered.
//!
//! Pages read sums that are kept beside the consultations (`count`), never the consultations. Nothing in them names a
//! person: answers are counted under the option chosen, of what was written only whether something was. Days begin at
//! midnight in China. How far somebody sees is the scope of their right [`Permission::StatisticsRead`].

pub(crate) mod answers;
mod ask;
mod calendar;
mod count;
mod model;
mod names;
mod overview;
mod pages;
mod records;
mod store;
mod table;
mod templates;
#[cfg(test)]
mod tests;

use platform::rights::{Permission, Route, Who};
use utoipa_axum::router::OpenApiRouter;

use crate::Shared;

pub use count::{count, rebuild};
pub(crate) use store::{insert_due, insert_due_of_visit};

const READ: Who = Who::Staff(Permission::StatisticsRead);

pub(crate) const ACCESS: &[Route] = &[
    Route::get("/staff/statistics", READ),
    Route::get("/staff/statistics/templates", READ),
    Route::get("/staff/statistics/template", READ),
    Route::get("/staff/statistics/report", READ),
    Route::post("/staff/statistics/export", READ),
    Route::get("/staff/statistics/records", Who::Staff(Permission::ConsultationRead)),
    Route::post("/staff/statistics/records/export", Who::Staff(Permission::ConsultationRead)),
];

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    pages::routes().merge(records::routes())
}
