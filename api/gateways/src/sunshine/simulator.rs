use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::State,
    response::Html,
    routing::{get, post},
};
use platform::Ids;

use super::{CONFIRM, FILL, KNOWN, element, sha1_hex, value};
use crate::simulate::{escaped, page, word};

/// The other side: takes a whole order of a known account once.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    secret: String,
    kept: Mutex<BTreeMap<String, Kept>>,
}

/// An order there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub amount: String,
    pub month: String,
    pub is_confirmed: bool,
    /// How often it came.
    pub n_calls: usize,
}

impl Simulator {
    pub fn new(ids: &dyn Ids) -> Self {
        Self(Arc::new(Inner { secret: word(ids), kept: Mutex::default() }))
    }

    pub fn account(&self) -> &'static str {
        "jiuyi-simulated"
    }

    pub fn secret(&self) -> &str {
        &self.0.secret
    }

    /// What it has, by number.
    pub fn orders(&self) -> BTreeMap<String, Kept> {
        self.kept().clone()
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/", get(desk).post(send_recv))
            .route("/ws", post(send_recv))
            .with_state(self.clone())
    }

    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Code, receipt and words.
    fn take(&self, call: &str) -> (&'static str, String, &'static str) {
        let argument = |name: &str| value(call, name).unwrap_or_default();
        let data = argument("xmlData");
        let field = |name: &str| value(&data, name).unwrap_or_default();
        if argument("sUser") != self.account() || argument("sPwd") != self.0.secret {
            return ("10002", String::new(), "用户名或密码错误");
        }
        if argument("sSign") != sha1_hex(&data) {
            return ("10003", String::new(), "签名不符");
        }
        let (number, amount, month) = (field("DDBH"), field("ZJE"), field("JSYF"));
        if number.is_empty() || month.is_empty() || field("YQBM") != argument("sJgbm") {
            return ("10000", String::new(), "订单编号、月份或医院编码有误");
        }
        if amount.starts_with('-') {
            return ("20005", String::new(), "总金额不能为负");
        }
        let mut all = self.kept();
        let receipt = format!("YG{}", &sha1_hex(&number)[..12]).to_uppercase();
        match (argument("sXxlx").as_str(), all.get_mut(&number)) {
            (FILL, None) => {
                let is_confirmed = false;
                all.insert(number, Kept { amount, month, is_confirmed, n_calls: 1 });
                ("00000", receipt, "")
            }
            (FILL, Some(known)) if known.is_confirmed && known.amount != amount => {
                ("20007", String::new(), "订单已确认，金额不能再改")
            }
            (FILL, Some(known)) => {
                known.n_calls += 1;
                (known.amount, known.month) = (amount, month);
                (KNOWN, receipt, "订单已存在")
            }
            (CONFIRM, Some(known)) if known.is_confirmed => {
                known.n_calls += 1;
                (KNOWN, receipt, "订单已确认")
            }
            (CONFIRM, Some(known)) => {
                known.n_calls += 1;
                known.is_confirmed = true;
                ("00000", receipt, "")
            }
            (CONFIRM, None) => ("20001", String::new(), "没有这个订单"),
            _ => ("10001", String::new(), "没有这种消息"),
        }
    }
}

async fn send_recv(State(own): State<Simulator>, body: String) -> String {
    let (code, receipt, words) = own.take(&body);
    let head = [element("ZTCLJG", code), element("CWXX", words), element("BZXX", &receipt)].concat();
    let answer = element("sendRecvResult", &format!("<XMLDATA><HEAD>{head}</HEAD></XMLDATA>"));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body><sendRecvResponse>{answer}\
         </sendRecvResponse></soap:Body></soap:Envelope>"
    )
}

async fn desk(State(own): State<Simulator>) -> Html<String> {
    let shown = |(number, one): (&String, &Kept)| {
        let state = if one.is_confirmed { "已确认" } else { "待确认" };
        format!(
            "<p class=who><b>{}</b> {} {} 元 {state}</p>",
            escaped(number),
            escaped(&one.month),
            escaped(&one.amount)
        )
    };
    let list: String = own.kept().iter().rev().take(50).map(shown).collect();
    page("阳光平台收到的订单（模拟）", if list.is_empty() { "<p>还没有收到。</p>" } else { &list })
}
