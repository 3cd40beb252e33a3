//! The one look: layouts, components, styles, the small script, formats and masks.
//!
//! # How a scenario draws a page
//!
//! 1. `askama.toml` beside the crate's `Cargo.toml`, so that its templates find the layouts of this crate:
//!    ```toml
//!    [general]
//!    dirs = ["templates", "../ui/templates"]
//!    ```
//! 2. A template that extends `patient.html` (phone first) or `staff.html` (desk) and imports the components. It
//!    brings no CSS and no script of its own; the content security policy forbids `style="…"` and inline script.
//!    ```html
//!    {% extends "patient.html" %}
//!    {% import "components.html" as c %}
//!    {% block title %}我的预问诊{% endblock %}
//!    {% block main %}{% call c::empty("还没有记录", "开始一次预问诊后会显示在这里。") %}{% endcall %}{% endblock %}
//!    ```
//! 3. A struct with the field `frame: ui::Frame`. Take [`Frame`] as an extractor and add who is signed in:
//!    `Home { frame: frame.with_csrf(token).with_name(name), … }`; answer with `platform::http::page(home.render())`.
//!
//! Template names are shared between a scenario and this crate: put a scenario's files in a folder of its own name
//! (`templates/preconsult/home.html`).
//!
//! # What the script adds to plain HTML
//!
//! | attribute | on | effect |
//! |---|---|---|
//! | `data-swap="#a,#b"` | form | sent in the background; those elements are replaced by the answer's; sent again with the same fields when the network fails |
//! | `data-once` | form | its buttons are blocked once it was sent |
//! | `data-draft="key"` | text field | what was typed survives a reload, until it was sent |
//! | `data-size-switch` | form | large type is switched without a reload |
//! | `data-alone` | check box | ticking it clears the others of its field set, and the other way round |
//! | `data-live` | form | a change inside `data-steers` sends it with `peek`, and the answer's `data-fields` takes the place of its own |
//! | `data-marks="t3 t5"` | any | focus or click marks the elements with these ids |
//! | `data-pane` | scrolling box | scrolled to the first marked element |
//! | `data-end`, `data-focus` | any | the page is scrolled to its end; focus goes there after a swap |
//! | `data-locate` | hidden form | shown where the browser knows the place; sends `longitude` and `latitude` |
//! | `data-key="p"` | link, button, field | the letter presses it or goes there, while nobody types |
//! | `data-countdown="ms"`, `data-now="ms"` | time | counts down to the moment, by the server's clock; red and a sound below 30 seconds |
//! | `data-follow="/stream"` | part with an id | drawn anew at each `change` of the stream; `data-alarm` is a number that sounds when it grows |
//! | `data-mute` | button | switches the sounds on and off |
//! | `data-keys` | list or table body | ↑ ↓ j k move between its links |
//!
//! Without the script every form is an ordinary POST answered by a redirect.

mod assets;
pub mod chart;
mod error_page;
pub mod format;
mod frame;
pub mod mask;
mod menu;
pub mod qr;
mod size;

use axum::{
    Router,
    routing::{get, post},
};

use platform::{
    Config,
    rights::{Route, Who},
};

pub use assets::asset_url;
pub use error_page::{demo_error_page, error_page};
pub use frame::{Frame, Notices};
pub use menu::MenuItem;
pub use size::TypeSize;

/// `GET /assets/…`, `GET /favicon.ico`, `POST /display` (large type).
pub fn routes<S: Clone + Send + Sync + 'static>(config: &Config) -> Router<S> {
    let secure = config.secure_cookies;
    Router::new()
        .route("/assets/{name}", get(assets::asset))
        .route("/favicon.ico", get(assets::favicon))
        .route("/display", post(move |form| async move { size::switch(secure, form) }))
}

/// Who may call the routes of this crate.
pub const ACCESS: &[&[Route]] = &[&[
    Route::get("/assets/{name}", Who::Public),
    Route::get("/favicon.ico", Who::Public),
    Route::post("/display", Who::Public),
]];

/// Whether a reply of a list where several may be ticked denies the others, and so stands alone.
pub fn is_alone(option: &str) -> bool {
    const DENIALS: [&str; 7] = ["没有", "都没有", "以上都没有", "都正常", "不清楚", "不知道", "说不清"];
    option == "无" || DENIALS.iter().any(|denial| option.starts_with(denial))
}
