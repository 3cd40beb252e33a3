use proptest::prelude::*;
use rstest::rstest;
use rust_xlsxwriter::Workbook;

use super::*;

#[test]
fn csv_in_both_encodings_and_a_workbook_read_alike() {
    let text = "处方号*,饮片金额（元）\nP1,12.30\n\nP2,\"1,234.5\"\n";
    let plain = read(text.as_bytes(), 10).unwrap();
    let (gb, _, _) = encoding_rs::GB18030.encode(text);
    assert_eq!(read(&gb, 10).unwrap(), plain);
    assert_eq!(read(format!("\u{feff}{text}").as_bytes(), 10).unwrap(), plain);
    assert_eq!((plain.column(&["处方号"]), plain.column(&["金额", "饮片金额"])), (Some(0), Some(1)));
    assert_eq!(plain.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [2, 4]);
    let mut refusal = Refusal::default();
    let sums: Vec<_> =
        plain.rows.iter().filter_map(|row| plain.cell(row, Some(1), &mut refusal, fen)).collect();
    assert_eq!((sums, refusal.n_cells), (vec![1230, 123_450], 0));

    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "处方号").unwrap();
    sheet.write(0, 1, "饮片金额").unwrap();
    sheet.write(2, 0, 20_260_301_000_001_f64).unwrap();
    sheet.write(2, 1, 0.1 + 0.2).unwrap();
    sheet.write(3, 0, 2.026_030_1e19).unwrap();
    let table = read(&book.save_to_buffer().unwrap(), 10).unwrap();
    let mut refusal = Refusal::default();
    let mut codes = |at: usize| table.cell(&table.rows[at], Some(0), &mut refusal, code);
    assert_eq!((codes(0).as_deref(), codes(1)), (Some("20260301000001"), None));
    assert_eq!(table.cell(&table.rows[0], Some(1), &mut refusal, fen), Some(30));
    assert!(refusal.cells[0].to_string().starts_with("第 4 行 A 列（处方号）：数字超过 15 位"));
}

#[rstest]
#[case(b"", "是空的")]
#[case(b"\xD0\xCF\x11\xE0....", "旧版 Excel")]
#[case(b"PK\x03\x04 no archive", "无法读懂")]
#[case(b"\xff\xfe\x00\x00\xff", "")]
#[case("甲,甲\n1,2\n".as_bytes(), "列名重复")]
#[case("甲,乙\n".as_bytes(), "下面没有内容")]
#[case("甲\n1\n2\n3\n4\n".as_bytes(), "超过 3 行")]
fn files_that_are_no_tables_are_refused_in_words(#[case] bytes: &[u8], #[case] why: &str) {
    let refusal = read(bytes, 3).unwrap_err();
    assert!(refusal.cells[0].to_string().contains(why), "{:?}", refusal.cells);
}

#[rstest]
#[case("12.3", Some(1230))]
#[case("12.300", Some(1230))]
#[case("1,234.05", Some(123_405))]
#[case("￥3", Some(300))]
#[case("", Some(0))]
#[case("-1", None)]
#[case("12.345", None)]
#[case("1e3", None)]
#[case(".5", None)]
#[case("十二", None)]
#[case("100000000.01", None)]
fn money_is_read_to_the_fen_or_not_at_all(#[case] text: &str, #[case] expected: Option<i64>) {
    assert_eq!(fen(text).ok(), expected);
}

#[test]
fn bad_cells_beyond_the_list_are_counted() {
    let mut refusal = Refusal::default();
    for row in 1..=250 {
        refusal.push(BadCell { row, column: "A 列".into(), detail: "不能为空".into() });
    }
    assert_eq!((refusal.cells.len(), refusal.n_cells), (MOST_FAULTS, 250));
    assert_eq!(refusal.or(()).unwrap_err().cells[0].to_string(), "第 1 行 A 列：不能为空");
}

#[test]
fn a_text_of_an_export_never_becomes_a_formula() {
    assert_eq!(csv_field("=1+1"), "'=1+1");
    assert_eq!(csv_field("-12.30"), "-12.30");
    assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
}

proptest! {
    #[test]
    fn yuan_and_fen_are_inverse(amount in 0..10_000_000_000_i64) {
        prop_assert_eq!(fen(&yuan(amount)), Ok(amount));
    }

    #[test]
    fn no_bytes_bring_the_reader_down(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(read(&bytes, 10));
        let workbook: Vec<u8> = b"PK\x03\x04".iter().copied().chain(bytes).collect();
        drop(read(&workbook, 10));
    }
}
