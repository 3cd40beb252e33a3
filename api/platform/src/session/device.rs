//! From which browser and address a request comes.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{header, request::Parts},
};

use crate::App;

/// What is known of the other end; shown to the person in their list of sign-ins, and counted for attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// In plain words, as `微信（安卓）`; empty when nothing was sent.
    pub browser: String,
    /// Empty when unknown, as in a request that did not come over the network.
    pub address: String,
}

impl Device {
    /// What counts as one place for the limit of attempts: an IPv4 address, or the /64 network of an IPv6 address,
    /// within which one machine takes as many addresses as it likes.
    pub fn network(&self) -> String {
        match self.address.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                let network = || format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0));
                address.to_ipv4_mapped().map_or_else(network, |mapped| mapped.to_string())
            }
            _ => self.address.clone(),
        }
    }
}

impl<S> FromRequestParts<S> for Device
where
    S: Send + Sync,
    App: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let proxies = App::from_ref(state).config.proxies;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok());
        let address = address(peer, &forwarded.collect::<Vec<_>>().join(","), proxies);
        let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or("");
        Ok(Self { browser: browser(agent), address: address.map(|ip| ip.to_string()).unwrap_or_default() })
    }
}

/// Each own proxy appends whom it saw; what stands further left was sent by anybody and is not believed.
fn address(peer: Option<IpAddr>, forwarded: &str, proxies: usize) -> Option<IpAddr> {
    if proxies == 0 {
        return peer;
    }
    let seen: Vec<&str> = forwarded.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let of_caller = seen.len().checked_sub(proxies).and_then(|at| seen.get(at));
    of_caller.and_then(|text| text.parse().ok()).or(peer)
}

/// A browser in plain words; the order matters, because most browsers claim to be several.
fn browser(agent: &str) -> String {
    const NAMES: [(&str, &str); 12] = [
        ("MicroMessenger", "微信"),
        ("AlipayClient", "支付宝"),
        ("HuaweiBrowser", "华为浏览器"),
        ("MiuiBrowser", "小米浏览器"),
        ("QQBrowser", "QQ 浏览器"),
        ("UCBrowser", "UC 浏览器"),
        ("Edg", "Edge 浏览器"),
        ("Firefox", "火狐浏览器"),
        ("OPR/", "Opera 浏览器"),
        ("Chrome", "谷歌内核浏览器"),
        ("Safari", "Safari 浏览器"),
        ("curl", "命令行工具"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("HarmonyOS", "鸿蒙"),
        ("Android", "安卓"),
        ("iPhone", "苹果手机"),
        ("iPad", "苹果平板"),
        ("Windows", "Windows 电脑"),
        ("Macintosh", "苹果电脑"),
        ("Linux", "Linux 电脑"),
    ];
    let found = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (found(&NAMES), found(&SYSTEMS)) {
        (Some(name), Some(system)) => format!("{name}（{system}）"),
        (Some(one), None) | (None, Some(one)) => one.into(),
        (None, None) if agent.is_empty() => String::new(),
        (None, None) => "其他浏览器".into(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0",
        "微信（苹果手机）"
    )]
    #[case(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0",
        "Edge 浏览器（Windows 电脑）"
    )]
    #[case(
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
        "谷歌内核浏览器（Linux 电脑）"
    )]
    #[case("robot", "其他浏览器")]
    #[case("", "")]
    fn browsers_are_told_in_plain_words(#[case] agent: &str, #[case] told: &str) {
        assert_eq!(browser(agent), told);
    }

    #[rstest]
    #[case(0, "6.6.6.6", Some("10.0.0.1"))]
    #[case(1, "6.6.6.6, 1.2.3.4", Some("1.2.3.4"))]
    #[case(2, "6.6.6.6, 1.2.3.4, 10.0.0.9", Some("1.2.3.4"))]
    #[case(1, "", Some("10.0.0.1"))]
    #[case(1, "rubbish", Some("10.0.0.1"))]
    fn only_what_own_proxies_appended_is_believed(
        #[case] proxies: usize,
        #[case] forwarded: &str,
        #[case] expected: Option<&str>,
    ) {
        let peer = Some("10.0.0.1".parse().unwrap());
        assert_eq!(address(peer, forwarded, proxies), expected.map(|text| text.parse().unwrap()));
    }

    #[rstest]
    #[case("1.2.3.4", "1.2.3.4")]
    #[case("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    #[case("::ffff:1.2.3.4", "1.2.3.4")]
    #[case("", "")]
    fn one_machine_is_one_network(#[case] address: &str, #[case] network: &str) {
        assert_eq!(Device { address: address.into(), ..Device::default() }.network(), network);
    }
}
