//! Identity cards read by the networks of the crate `ocr`, off the threads that answer requests.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
};

use ocr::{Line, OcrError, Reader};
use people::{
    identity::IdNumber,
    realname::{RecogniseId, Recogniser, Side, fields::CardForm},
};

/// The engine for the router's extension; the networks are loaded with the first photograph.
pub(crate) fn recogniser() -> Recogniser {
    Recogniser(Arc::new(Networks::default()))
}

#[derive(Clone, Default)]
struct Networks(Arc<OnceLock<Reader>>);

impl Networks {
    fn lines(&self, photo: &[u8]) -> Result<Vec<Line>, OcrError> {
        if let Some(reader) = self.0.get() {
            return reader.read(photo);
        }
        let loaded = Reader::load()?;
        self.0.get_or_init(|| loaded).read(photo)
    }
}

impl RecogniseId for Networks {
    fn read<'a>(
        &'a self,
        side: Side,
        photo: &'a [u8],
    ) -> Pin<Box<dyn Future<Output = CardForm> + Send + 'a>> {
        let (networks, photo) = (self.clone(), photo.to_vec());
        Box::pin(async move {
            match tokio::task::spawn_blocking(move || networks.lines(&photo)).await {
                Ok(Ok(lines)) => form(side, &lines),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a photograph of a card was not read");
                    CardForm::default()
                }
                Err(error) => {
                    tracing::error!(%error, "reading a photograph of a card was broken off");
                    CardForm::default()
                }
            }
        })
    }
}

/// What was read as the form; what is doubtful stays empty, so that it is typed.
fn form(side: Side, lines: &[Line]) -> CardForm {
    match side {
        Side::Front => front(ocr::front(lines)),
        Side::Back => back(ocr::back(lines)),
    }
}

/// A number counts only with its checksum; sex and birth come from it where they were not read, and stay empty
/// where they contradict it.
fn front(read: ocr::Front) -> CardForm {
    let sex = match read.sex.as_str() {
        "男" => "male",
        "女" => "female",
        _ => "",
    };
    let mut form = CardForm { name: read.name, ..CardForm::default() };
    if let Ok(number) = IdNumber::parse(&read.number) {
        let agreed =
            |read: &str, told: String| if read.is_empty() || read == told { told } else { String::new() };
        let told = if number.sex() == people::Sex::Male { "male" } else { "female" };
        form.sex = agreed(sex, told.into());
        form.birth = agreed(&read.birth, number.birth_date().to_string());
        form.id_number = number.as_str().into();
    } else {
        form.sex = sex.into();
        form.birth = read.birth;
    }
    form
}

fn back(read: ocr::Back) -> CardForm {
    let is_long_term = read.valid_until == "长期";
    CardForm {
        authority: read.authority,
        valid_from: read.valid_from,
        valid_until: if is_long_term { String::new() } else { read.valid_until },
        is_long_term: is_long_term.then(|| "on".into()),
        ..CardForm::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sex: &str, birth: &str, number: &str) -> CardForm {
        let (sex, birth, number) = (sex.into(), birth.into(), number.into());
        front(ocr::Front { name: "王小明".into(), sex, birth, number, ..ocr::Front::default() })
    }

    #[test]
    fn what_contradicts_the_number_is_left_to_the_person() {
        let number = "11010519491231002X";
        let whole = read("女", "1949-12-31", number);
        assert_eq!((whole.sex.as_str(), whole.birth.as_str()), ("female", "1949-12-31"));
        assert_eq!(whole, read("", "", number), "the number tells both");
        let misread = read("男", "1949-12-81", number);
        assert_eq!((misread.sex.as_str(), misread.birth.as_str()), ("", ""));
        assert_eq!(misread.id_number, number);
        let wrong = read("女", "1949-12-31", "110105194912310021");
        assert_eq!((wrong.id_number.as_str(), wrong.sex.as_str()), ("", "female"));
    }

    #[test]
    fn a_card_without_end_is_ticked() {
        let form = back(ocr::Back {
            authority: "上海市公安局静安分局".into(),
            valid_from: "2016-03-09".into(),
            valid_until: "长期".into(),
        });
        assert_eq!((form.valid_until.as_str(), form.is_long_term.as_deref()), ("", Some("on")));
    }
}
