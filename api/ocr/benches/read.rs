//! Reading one photograph of a card.

#[path = "../tests/draw/mod.rs"]
mod draw;

use divan::Bencher;
use ocr::Reader;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn front(bencher: Bencher<'_, '_>) {
    let card = draw::Front {
        name: "欧阳静怡".into(),
        sex: "女",
        nation: "汉",
        birth: (1990, 1, 31),
        address: ["上海市静安区某某路12弄".into(), "3号501室".into()],
        number: "000000199001310024".into(),
    };
    let shot = draw::Shot { tilt: 4.0, shadow: 0.3, grain: 10.0, quality: 75, seed: 7 };
    let photo = draw::front(&card, shot);
    let Ok(reader) = Reader::load() else { return };
    bencher.bench(|| reader.read(divan::black_box(&photo)));
}
