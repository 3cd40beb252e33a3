//! The institutions of the district: what residents see of them and what administrators may change.

mod admin;
mod pages;
pub mod service;
mod store;

pub(crate) use admin::ACCESS as ADMIN_ACCESS;
pub(crate) use pages::ACCESS;

use platform::App;
use utoipa_axum::router::OpenApiRouter;

pub use service::load;

/// An institution residents can choose.
#[derive(Debug, Clone, PartialEq)]
pub struct Organisation {
    pub code: String,
    pub name: String,
    /// As 二级医院.
    pub kind: String,
    /// As 二级; empty where none was given.
    pub level: String,
    pub address: String,
    pub position: Option<Position>,
    /// Somebody compared the position with the real place.
    pub is_position_checked: bool,
    /// Where payments of this institution are made; empty until configured.
    pub payment_address: String,
    pub version: i64,
}

/// Degrees of longitude and latitude.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    pub longitude: f64,
    pub latitude: f64,
}

impl Organisation {
    /// One or two characters that tell it from the others: what follows the names all share.
    pub fn monogram(&self) -> String {
        let own = self.name.trim_start_matches("上海市").trim_start_matches("静安区");
        own.chars().take(2).collect()
    }
}

impl Position {
    /// Metres along the surface to another place, by the haversine formula on a sphere (within 0.5 %).
    pub fn distance(self, other: Self) -> f64 {
        const RADIUS: f64 = 6_371_000.0;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
        let chord = half(other.latitude - self.latitude)
            + from.cos() * to.cos() * half(other.longitude - self.longitude);
        2.0 * RADIUS * chord.sqrt().min(1.0).asin()
    }

    /// A place in Shanghai; None outside, as when the two numbers were exchanged.
    pub fn in_shanghai(longitude: f64, latitude: f64) -> Option<Self> {
        let inside = (120.8..=122.3).contains(&longitude) && (30.6..=31.95).contains(&latitude);
        inside.then_some(Self { longitude, latitude })
    }

    /// Any place on Earth.
    pub fn on_earth(longitude: f64, latitude: f64) -> Option<Self> {
        let inside = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
        inside.then_some(Self { longitude, latitude })
    }
}

/// `850 米`, `1.2 公里`, `35 公里`.
pub(crate) fn distance_text(metres: f64) -> String {
    if metres < 995.0 {
        format!("{:.0} 米", (metres / 10.0).round() * 10.0)
    } else if metres < 9950.0 {
        format!("{:.1} 公里", metres / 1000.0)
    } else {
        format!("{:.0} 公里", metres / 1000.0)
    }
}

pub(crate) fn routes() -> OpenApiRouter<App> {
    pages::routes().merge(admin::routes())
}

#[cfg(test)]
mod tests;
