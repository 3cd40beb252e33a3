//! What a file says, and how it differs from the catalogue.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    model::{Piece, Price},
    sheet::{BadCell, Refusal, code, count, decimal, read, words},
};

/// Rows of one file.
pub(crate) const MOST_ROWS: usize = 20_000;
pub(crate) const PIECE_HEADINGS: [&str; 8] =
    ["医保统编代码", "品名", "规格", "单位", "单价", "计价数量", "生效日期", "状态"];
pub(crate) const STOCK_HEADINGS: [&str; 2] = ["医保统编代码", "库存"];

/// A row of a file of pieces; the herb is looked up when it is taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PieceRow {
    pub piece: Piece,
    /// None where the file has no price: the one that holds stays.
    pub price: Option<Price>,
}

/// A row of a file of stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StockRow {
    pub piece: String,
    pub quantity: i64,
}

/// One thing that taking a file over would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    pub code: String,
    pub name: String,
    /// As 新增, 品名, 单价.
    pub what: &'static str,
    pub before: String,
    pub after: String,
}

/// Pieces of a file; `today` is from when a price holds that has no day.
pub(crate) fn pieces(bytes: &[u8], today: NaiveDate) -> Result<Vec<PieceRow>, Refusal> {
    let table = read(bytes, MOST_ROWS)?;
    let mut refusal = Refusal::default();
    let key = table.needed(&["医保统编代码", "统编代码", "医保代码", "编码"], &mut refusal);
    let name = table.needed(&["品名", "名称", "饮片名称"], &mut refusal);
    let unit = table.needed(&["单位", "计量单位"], &mut refusal);
    let spec = table.column(&["规格"]);
    let yuan = table.column(&["单价", "价格"]);
    let per = table.column(&["计价数量"]);
    let from = table.column(&["生效日期"]);
    let state = table.column(&["状态"]);
    let mut refusal = refusal.or(()).map(|()| Refusal::default())?;
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    let mut rows = Vec::new();
    for row in &table.rows {
        let found = table.cell(row, key, &mut refusal, code);
        if let Some(first) = found.as_ref().and_then(|code| seen.insert(code.clone(), row.number)) {
            let detail = format!("与第 {first} 行的代码相同");
            refusal.push(BadCell { row: row.number, column: table.column_name(key.unwrap_or(0)), detail });
        }
        let short = |text: &str| words(text).and_then(|text| limited(&text, 60));
        let label = table.cell(row, name, &mut refusal, short);
        let measure =
            table.cell(row, unit, &mut refusal, |text| words(text).and_then(|text| limited(&text, 10)));
        let spec = match spec {
            None => Some(String::new()),
            spec => table.cell(row, spec, &mut refusal, |text| limited(text, 60)),
        };
        let number = match per {
            None => Some(1),
            per => table.cell(row, per, &mut refusal, |text| match text {
                "" => Ok(1),
                text => count(text).and_then(|n| if n > 0 { Ok(n) } else { Err("应大于 0".into()) }),
            }),
        };
        let day = match from {
            None => Some(today),
            from => table.cell(row, from, &mut refusal, |text| day(text, today)),
        };
        let active = match state {
            None => Some(true),
            state => table.cell(row, state, &mut refusal, |text| match text {
                "" | "启用" | "在用" => Ok(true),
                "停用" => Ok(false),
                text => Err(format!("“{text}”应为“启用”或“停用”")),
            }),
        };
        let price = match yuan {
            None => Some(None),
            yuan => table.cell(row, yuan, &mut refusal, |text| match (text, number, day) {
                ("", ..) => Ok(None),
                (text, Some(number), Some(day)) => Price::parsed(text, number, day)
                    .map(Some)
                    .ok_or_else(|| "不是单价（元，最多六位小数）".to_owned()),
                _ => Ok(None),
            }),
        };
        if let (Some(code), Some(name), Some(unit), Some(spec), Some(is_active), Some(price)) =
            (found, label, measure, spec, active, price)
        {
            rows.push(PieceRow { piece: Piece { code, name, spec, unit, concept: None, is_active }, price });
        }
    }
    refusal.or(rows)
}

/// Stock of a file; every code must be in the catalogue.
pub(crate) fn stock(bytes: &[u8], known: &BTreeMap<String, Piece>) -> Result<Vec<StockRow>, Refusal> {
    let table = read(bytes, MOST_ROWS)?;
    let mut refusal = Refusal::default();
    let key = table.needed(&["医保统编代码", "统编代码", "医保代码", "编码"], &mut refusal);
    let quantity = table.needed(&["库存", "库存数量", "数量"], &mut refusal);
    let mut refusal = refusal.or(()).map(|()| Refusal::default())?;
    let mut rows: BTreeMap<String, i64> = BTreeMap::new();
    for row in &table.rows {
        let piece = table.cell(row, key, &mut refusal, |text| {
            let code = code(text)?;
            if known.contains_key(&code) { Ok(code) } else { Err("目录里没有这个代码".into()) }
        });
        let n = table.cell(row, quantity, &mut refusal, |text| {
            decimal(text, 3).ok_or_else(|| "不是数量（不能为负，最多三位小数）".to_owned())
        });
        if let (Some(piece), Some(n)) = (piece, n)
            && rows.insert(piece, n).is_some()
        {
            let column = table.column_name(key.unwrap_or(0));
            refusal.push(BadCell { row: row.number, column, detail: "代码重复".into() });
        }
    }
    refusal.or(rows.into_iter().map(|(piece, quantity)| StockRow { piece, quantity }).collect())
}

fn limited(text: &str, most: usize) -> Result<String, String> {
    if text.chars().count() > most { Err(format!("超过 {most} 个字")) } else { Ok(text.to_owned()) }
}

/// `2026-03-01` or `2026/3/1`; empty is today.
pub(crate) fn day(text: &str, today: NaiveDate) -> Result<NaiveDate, String> {
    if text.is_empty() {
        return Ok(today);
    }
    let mut parts = text.split(['-', '/', '.']).map(str::parse::<u32>);
    let found = match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) if (2000..2100).contains(&year) => {
            i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day))
        }
        _ => None,
    };
    found.ok_or_else(|| format!("“{text}”不是日期，例如 2026-03-01"))
}

/// How a row differs from what is there; nothing where it does not.
pub(crate) fn differences(
    row: &PieceRow,
    old: Option<&(Piece, Option<Price>)>,
    herb: &str,
) -> Vec<Difference> {
    let PieceRow { piece, price } = row;
    let one = |what, before: String, after: String| Difference {
        code: piece.code.clone(),
        name: piece.name.clone(),
        what,
        before,
        after,
    };
    let text = |price: &Price, unit: &str| format!("{}（{} 起）", price.text(unit), price.valid_from);
    let Some((before, held)) = old else {
        let price = price.map(|price| text(&price, &piece.unit)).unwrap_or_default();
        let about = [piece.spec.as_str(), &piece.unit, &price, herb];
        let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
        return vec![one("新增", String::new(), about.join("，"))];
    };
    let mut found = Vec::new();
    let fields = [
        ("品名", &before.name, &piece.name),
        ("规格", &before.spec, &piece.spec),
        ("单位", &before.unit, &piece.unit),
    ];
    for (what, old, new) in fields {
        if old != new {
            found.push(one(what, old.clone(), new.clone()));
        }
    }
    if before.is_active != piece.is_active {
        let word = |is_active| if is_active { "启用" } else { "停用" }.to_owned();
        found.push(one("状态", word(before.is_active), word(piece.is_active)));
    }
    if let Some(price) = price.filter(|new| !held.is_some_and(|held| holds(&held, new))) {
        let held = held.map(|held| text(&held, &before.unit)).unwrap_or_default();
        found.push(one("单价", held, text(&price, &piece.unit)));
    }
    found
}

/// Whether a new price would change nothing: the same was set for the same or an earlier day.
pub(crate) fn holds(held: &Price, new: &Price) -> bool {
    held.fen == new.fen && held.per == new.per && held.valid_from <= new.valid_from
}
