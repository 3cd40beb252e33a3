//! 阳光平台 (the city's platform for buying medicines): takes the orders that hospital and company have agreed on.
//!
//! SOAP `sendRecv(sUser, sPwd, sJgbm, sVersion, sXxlx, sSign, xmlData)`, where `xmlData` is an XML of HEAD, MAIN and
//! DETAIL and `sSign` its SHA-1 in hex; the answer's HEAD has `ZTCLJG` (`00000` is done, `3xxxx` is done with a word,
//! `1xxxx` and `2xxxx` are refused) and `CWXX`. An order is filled in by `YY009` and confirmed by `YY010`, both by its
//! number `DDBH`, so that sending again does no harm.
//!
//! The method names, the result codes and most fields are public; the payload for decocted prescriptions is not. Names
//! that are this house's own until the contract is known: `JSYF` (month), `HS` (lines), `ZJE` (sum), `MXZY` (digest).

mod simulator;
mod xml;

use std::time::Duration;

use platform::{App, Clock};
use serde::{Deserialize, Serialize};

use crate::{Answer, GatewayError, Verdict, call, patience};

pub use simulator::Simulator;
pub(crate) use xml::{element, envelope, sha1_hex, value};

const SYSTEM: &str = "the sunshine platform";
const VERSION: &str = "1.0.0.0";
const FILL: &str = "YY009";
const CONFIRM: &str = "YY010";
/// Its answer where it has the order already.
const KNOWN: &str = "30001";

/// What a hospital owes a company for a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The same over all tries.
    pub number: String,
    pub institution: String,
    pub company: String,
    /// As `2026-03`.
    pub month: String,
    pub n_lines: i64,
    pub amount_fen: i64,
    /// Digest of the file both sides agreed on.
    pub sm3: String,
}

/// The port.
pub trait Sunshine: Send + Sync {
    /// Fills the order in and confirms it; safe to repeat.
    fn submit<'a>(&'a self, order: &'a Order) -> Answer<'a, Verdict>;
}

/// Speaks to the configured address.
pub struct Client {
    address: String,
    account: String,
    secret: String,
    patience: Duration,
    clock: std::sync::Arc<dyn Clock>,
}

impl Client {
    pub fn of(app: &App) -> Self {
        let config = &app.config;
        Self {
            address: config.sunshine_address.clone(),
            account: config.sunshine_account.clone(),
            secret: config.sunshine_secret.clone(),
            patience: patience(config),
            clock: app.clock.clone(),
        }
    }

    /// Result code, receipt and words of one call.
    async fn call(&self, method: &str, order: &Order) -> Result<[String; 3], GatewayError> {
        let data = self.data(order);
        let body = envelope(&[
            ("sUser", &self.account),
            ("sPwd", &self.secret),
            ("sJgbm", &order.institution),
            ("sVersion", VERSION),
            ("sXxlx", method),
            ("sSign", &sha1_hex(&data)),
            ("xmlData", &data),
        ]);
        let request = call::client()?
            .post(&self.address)
            .header("content-type", "text/xml; charset=utf-8")
            .header("soapaction", "\"sendRecv\"")
            .body(body);
        let text = call::send_text(SYSTEM, request, self.patience).await?;
        let unreadable = |fault: &str| GatewayError::Unreadable { system: SYSTEM, fault: fault.into() };
        let answer = value(&text, "sendRecvResult").ok_or_else(|| unreadable("no sendRecvResult"))?;
        let code = value(&answer, "ZTCLJG").ok_or_else(|| unreadable("no ZTCLJG"))?;
        Ok([code, value(&answer, "BZXX").unwrap_or_default(), value(&answer, "CWXX").unwrap_or_default()])
    }

    fn data(&self, order: &Order) -> String {
        let moment = self.clock.now() + chrono::TimeDelta::hours(8);
        let head = element("FSSJ", &moment.format("%Y%m%d/%H%M%S/").to_string());
        let yuan = format!("{}.{:02}", order.amount_fen / 100, order.amount_fen.unsigned_abs() % 100);
        let main = [
            // Medicine of kind 3 is herbal pieces; operation 1 is to add.
            ("CZLX", "1"),
            ("YPLX", "3"),
            ("DDBH", &order.number),
            ("YQBM", &order.institution),
            ("PSQYBM", &order.company),
            ("JSYF", &order.month),
            ("HS", &order.n_lines.to_string()),
            ("ZJE", &yuan),
            ("MXZY", &order.sm3),
        ]
        .map(|(name, text)| element(name, text))
        .concat();
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><XMLDATA><HEAD>{head}</HEAD><MAIN>{main}</MAIN></XMLDATA>"
        )
    }
}

impl Sunshine for Client {
    fn submit<'a>(&'a self, order: &'a Order) -> Answer<'a, Verdict> {
        Box::pin(async move {
            for method in [FILL, CONFIRM] {
                let [code, receipt, words] = self.call(method, order).await?;
                match code.as_str() {
                    "00000" if method == CONFIRM => return Ok(Verdict::Accepted { receipt }),
                    KNOWN if method == CONFIRM => return Ok(Verdict::Duplicate { receipt }),
                    "00000" => {}
                    code if code.starts_with('3') => {}
                    code => {
                        let words: String = words.chars().take(200).collect();
                        return Ok(Verdict::Refused { reason: format!("{code} {words}") });
                    }
                }
            }
            Err(GatewayError::Unreadable { system: SYSTEM, fault: "the order was not confirmed".into() })
        })
    }
}

#[cfg(test)]
mod tests;
