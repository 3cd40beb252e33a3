//! Photographs of made-up cards: how many fields are read right.

mod draw;

use draw::Shot;

use crate::Reader;

/// Share of fields that must be right.
const BAR: f64 = 0.97;
const N_CARDS: usize = 24;

const NAMES: [&str; 12] = [
    "王小明",
    "欧阳静怡",
    "李雪",
    "诸葛子轩",
    "陈志强",
    "周慧敏",
    "买买提·吐尔逊",
    "赵丽",
    "钱学文",
    "孙晓燕",
    "吴建国",
    "郑欣怡",
];
const NATIONS: [&str; 6] = ["汉", "回", "满", "维吾尔", "蒙古", "土家"];
const ADDRESSES: [[&str; 2]; 6] = [
    ["上海市静安区某某路12弄", "3号501室"],
    ["上海市黄浦区无名东路88号", "二楼"],
    ["江苏省虚构市样板县柳树镇", "中心村6组17号"],
    ["浙江省某市测试区长安街道", "幸福里9幢2单元1203室"],
    ["上海市浦东新区示例大道", "1999弄45号"],
    ["北京市某某区胡同甲7号院", "4号楼"],
];

fn shot(at: usize) -> Shot {
    let tilts = [0.0, 2.0, -3.0, 5.0, -5.0, 1.0, -1.5, 4.0];
    Shot {
        tilt: tilts[at % tilts.len()],
        shadow: [0.0, 0.25, 0.45][at % 3],
        grain: [4.0, 10.0, 18.0, 14.0][at % 4],
        quality: [92, 75, 60][(at / 2) % 3],
        seed: at as u64 + 1,
    }
}

fn card(at: usize) -> draw::Front {
    let birth = (
        1_940 + u16::try_from(at * 7 % 80).unwrap(),
        1 + u8::try_from(at * 5 % 12).unwrap(),
        1 + u8::try_from(at * 11 % 28).unwrap(),
    );
    let body = format!("000000{:04}{:02}{:02}{:03}", birth.0, birth.1, birth.2, 100 + at * 37 % 899);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize =
        body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    let number = format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum % 11]);
    let is_male = body.as_bytes()[16] % 2 == 1;
    draw::Front {
        name: NAMES[at % NAMES.len()].into(),
        sex: if is_male { "男" } else { "女" },
        nation: NATIONS[at % NATIONS.len()],
        birth,
        address: ADDRESSES[at % ADDRESSES.len()].map(Into::into),
        number,
    }
}

#[test]
fn fields_of_photographed_cards_are_read() {
    let reader = Reader::load().unwrap();
    let (mut right, mut all) = (0u32, 0u32);
    let mut count = |what: &str, at: usize, read: &str, printed: &str| {
        all += 1;
        right += u32::from(read == printed);
        if read != printed {
            println!("card {at}, {what}: read {read}, printed {printed}");
        }
    };
    for at in 0..N_CARDS {
        let card = card(at);
        let read = crate::front(&reader.read(&draw::front(&card, shot(at))).unwrap());
        let (year, month, day) = card.birth;
        count("name", at, &read.name, &card.name);
        count("sex", at, &read.sex, card.sex);
        count("nation", at, &read.nation, card.nation);
        count("birth", at, &read.birth, &format!("{year}-{month:02}-{day:02}"));
        count("address", at, &read.address, &card.address.concat());
        count("number", at, &read.number, &card.number);

        let authority = ["上海市公安局静安分局", "虚构市公安局样板分局", "某某县公安局"][at % 3];
        let until = if at % 4 == 0 { "长期".to_owned() } else { format!("{}.03.09", 2030 + at) };
        let validity = format!("2016.03.09-{until}");
        let read = crate::back(&reader.read(&draw::back(authority, &validity, shot(at + 3))).unwrap());
        count("authority", at, &read.authority, authority);
        count("from", at, &read.valid_from, "2016-03-09");
        count("until", at, &read.valid_until, &until.replace('.', "-"));
    }
    let share = f64::from(right) / f64::from(all);
    println!("{right} of {all} fields right: {share:.3}");
    assert!(share >= BAR, "{right} of {all} fields right");
}

#[test]
fn what_is_no_picture_is_refused() {
    let reader = Reader::load().unwrap();
    assert!(reader.read(b"%PDF-1.7").is_err());
    assert!(reader.read(b"").is_err());
}

#[test]
fn a_picture_without_text_has_no_lines() {
    let reader = Reader::load().unwrap();
    let blank = image::RgbImage::from_pixel(640, 400, image::Rgb([230, 230, 230]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    blank.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    assert_eq!(reader.read(&bytes.into_inner()).unwrap(), []);
}
