//! The file of a statement: one line per prescription.

use super::{
    matching::Billed,
    model::{Amounts, MOST_FEN},
};
use crate::catalogue::sheet::{BadCell, Refusal, Table, code, count, fen, read, yuan};

/// Lines of one statement.
pub const MOST_LINES: usize = 200_000;

/// The headings, as the page shows them.
pub const HEADINGS: [&str; 9] =
    ["处方号", "订单号", "剂数", "饮片金额", "代煎费", "配送费", "退款金额", "价格版本", "合计"];

struct Columns {
    prescription: Option<usize>,
    order: Option<usize>,
    doses: Option<usize>,
    pieces: Option<usize>,
    decoction: Option<usize>,
    delivery: Option<usize>,
    refunded: Option<usize>,
    price_version: Option<usize>,
    net: Option<usize>,
}

/// Every line, or every cell that cannot be taken. Where a line has a sum of its own, it must be right.
pub fn lines(bytes: &[u8]) -> Result<Vec<Billed>, Refusal> {
    let table = read(bytes, MOST_LINES)?;
    let mut refusal = Refusal::default();
    let columns = Columns {
        prescription: table.needed(&["处方号", "处方编号"], &mut refusal),
        order: table.column(&["订单号", "订单编号"]),
        doses: table.needed(&["剂数", "帖数", "贴数"], &mut refusal),
        pieces: table.needed(&["饮片金额", "饮片费", "药费"], &mut refusal),
        decoction: table.column(&["代煎费", "煎药费", "加工费"]),
        delivery: table.column(&["配送费", "运费"]),
        refunded: table.column(&["退款金额", "退费金额", "退款"]),
        price_version: table.column(&["价格版本"]),
        net: table.column(&["合计", "应付金额", "总额"]),
    };
    let mut refusal = refusal.or(()).map(|()| Refusal::default())?;
    let mut lines = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        lines.extend(line(&table, row, &columns, &mut refusal));
    }
    refusal.or(lines)
}

fn line(
    table: &Table,
    row: &crate::catalogue::sheet::Row,
    columns: &Columns,
    refusal: &mut Refusal,
) -> Option<Billed> {
    let optional = |text: &str| if text.is_empty() { Ok(String::new()) } else { code(text) };
    let version = |text: &str| if text.is_empty() { Ok(None) } else { count(text).map(Some) };
    let mut money = |column| match column {
        None => Some(0),
        column => table.cell(row, column, refusal, fen),
    };
    let amounts =
        (money(columns.pieces), money(columns.decoction), money(columns.delivery), money(columns.refunded));
    let prescription = table.cell(row, columns.prescription, refusal, code);
    let order = match columns.order {
        None => Some(String::new()),
        column => table.cell(row, column, refusal, optional),
    };
    let doses = table.cell(row, columns.doses, refusal, count);
    let price_version = match columns.price_version {
        None => Some(None),
        column => table.cell(row, column, refusal, version),
    };
    let (Some(pieces), Some(decoction), Some(delivery), Some(refunded)) = amounts else { return None };
    let amounts = Amounts { pieces, decoction, delivery, refunded };
    if amounts.net().abs() > MOST_FEN {
        let detail = "这一行的金额过大".to_owned();
        refusal.push(BadCell { row: row.number, column: String::new(), detail });
    }
    let is_right = |text: &str| {
        let negative = text.strip_prefix('-').map(|rest| fen(rest).map(|fen| -fen));
        match negative.unwrap_or_else(|| fen(text)) {
            _ if text.is_empty() => Ok(()),
            Ok(net) if net == amounts.net() => Ok(()),
            Ok(_) => Err(format!("与前面各项之和 {} 元不符", yuan(amounts.net()))),
            Err(why) => Err(why),
        }
    };
    if columns.net.is_some() {
        table.cell(row, columns.net, refusal, is_right);
    }
    let (prescription, order) = (prescription?, order?);
    let (doses, price_version) = (doses?, price_version?);
    Some(Billed { row: row.number, prescription, order, doses, amounts, price_version })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_or_every_bad_cell_is_named() {
        let good = "处方号,订单号,剂数,饮片金额,代煎费,配送费,退款金额,价格版本,合计\nP1,D1,7,100,21,,1.5,3,119.5\nP2,,14,88.8,,,,,\n";
        let read = lines(good.as_bytes()).unwrap();
        let amounts = Amounts { pieces: 10_000, decoction: 2_100, delivery: 0, refunded: 150 };
        assert_eq!((read.len(), read[0].amounts, read[0].price_version), (2, amounts, Some(3)));
        assert_eq!((read[1].row, read[1].order.as_str(), read[1].price_version), (3, "", None));

        let bad = "处方号,剂数,饮片金额,合计\n,x,1.234,\nP2,7,5,6\n";
        let refusal = lines(bad.as_bytes()).unwrap_err();
        let places: Vec<String> = refusal.cells.iter().map(ToString::to_string).collect();
        assert_eq!(refusal.n_cells, 4);
        assert!(places[0].starts_with("第 2 行 C 列（饮片金额）：“1.234”不是金额"), "{places:?}");
        assert_eq!(places[1], "第 2 行 A 列（处方号）：不能为空");
        assert_eq!(places[2], "第 2 行 B 列（剂数）：“x”不是整数");
        assert_eq!(places[3], "第 3 行 D 列（合计）：与前面各项之和 5.00 元不符");
        let missing = lines("处方号,剂数\nP1,7\n".as_bytes()).unwrap_err();
        assert_eq!(missing.cells[0].to_string(), "没有“饮片金额”这一列，请在第一行写上列名");
    }
}
