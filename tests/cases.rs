//! Every Markdown file under `cases/` is one test that an expert can read.
//!
//! The outputs are computed anew and the whole file is compared; `UPDATE_EXPECT=1` writes them back.
#![expect(clippy::panic, reason = "without the shipped knowledge there is nothing to compare")]

use std::{path::Path, sync::LazyLock};

use engine::Engine;
use tests::cases;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../data"));
    Engine::load(data).unwrap_or_else(|faults| {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", faults.join("\n"))
    })
});

fn check(path: &Path, actual: &str) -> datatest_stable::Result<()> {
    expect_test::expect_file![path.canonicalize()?].assert_eq(actual);
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the harness gives the text by value")]
fn extraction(path: &Path, text: String) -> datatest_stable::Result<()> {
    check(path, &cases::replay(&text, &["抽取"], |_, said| cases::findings(&ENGINE, said))?)
}

#[expect(clippy::needless_pass_by_value, reason = "the harness gives the text by value")]
fn dialogue(path: &Path, text: String) -> datatest_stable::Result<()> {
    let mut consultation = None;
    let actual = cases::replay(&text, &["对话", "病历", "医生"], |role, body| match role {
        "对话" => {
            let (transcript, dialogue) = cases::converse(&ENGINE, body);
            consultation = Some(dialogue);
            transcript
        }
        "病历" => {
            consultation.as_ref().map_or_else(String::new, |dialogue| cases::record(&ENGINE, dialogue))
        }
        _ => consultation.as_ref().map_or_else(String::new, |dialogue| cases::for_doctor(&ENGINE, dialogue)),
    })?;
    check(path, &actual)
}

#[expect(clippy::needless_pass_by_value, reason = "the harness gives the text by value")]
fn search(path: &Path, text: String) -> datatest_stable::Result<()> {
    check(path, &cases::replay(&text, &["文章"], |_, asked| cases::articles(&ENGINE, asked))?)
}

datatest_stable::harness! {
    { test = search, root = "cases/search", pattern = r"\.md$" },
    { test = extraction, root = "cases/extract", pattern = r"\.md$" },
    { test = dialogue, root = "cases/dialogue", pattern = r"\.md$" },
}
