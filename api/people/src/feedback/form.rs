//! What a form with photographs brings.

use axum::extract::Multipart;

use super::model::{LONGEST, MOST_PHOTOS};
use crate::realname::photo::{Photo, clean};

/// Bytes of one form with all its photographs.
pub(super) const LARGEST_FORM: usize = 12 * 1024 * 1024;

/// A form as it was typed; kept to be shown again beside its fault.
#[derive(Debug, Default)]
pub(super) struct Typed {
    pub(super) category: String,
    pub(super) institution: String,
    pub(super) text: String,
    pub(super) may_contact: bool,
    pub(super) version: i64,
    pub(super) request_key: String,
    pub(super) photos: Vec<Photo>,
    /// The field and what is wrong with it.
    pub(super) fault: Option<(&'static str, String)>,
}

impl Typed {
    /// Reads fields and photographs; a photograph that cannot be kept is a fault beside its field.
    pub(super) async fn read(mut form: Multipart) -> Self {
        let mut typed = Self::default();
        if typed.take(&mut form).await.is_err() {
            let why = "没有传完或超过 12 MB，请减少照片后重新提交";
            typed.fault = Some(("photos", why.into()));
        }
        typed.text = typed.text.trim().replace("\r\n", "\n");
        if typed.fault.is_none() {
            typed.fault = fault_of(&typed.text).map(|fault| ("text", fault));
        }
        typed
    }

    pub(super) fn fault(&self, field: &str) -> &str {
        self.fault.as_ref().filter(|(name, _)| *name == field).map_or("", |(_, fault)| fault)
    }

    async fn take(&mut self, form: &mut Multipart) -> Result<(), axum::extract::multipart::MultipartError> {
        while let Some(field) = form.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "photos" {
                let bytes = field.bytes().await?;
                // A browser sends an empty part where nothing was chosen.
                if !bytes.is_empty() {
                    self.add(&bytes);
                }
                continue;
            }
            let value = field.text().await?;
            match name.as_str() {
                "category" => self.category = value,
                "institution" => self.institution = value,
                "text" => self.text = value,
                "may_contact" => self.may_contact = value == "yes",
                "version" => self.version = value.parse().unwrap_or(0),
                "request_key" => self.request_key = value,
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.photos.len() == MOST_PHOTOS {
            self.fault = Some(("photos", format!("最多 {MOST_PHOTOS} 张照片，请减少后重新选择")));
            return;
        }
        match clean(bytes) {
            Ok(photo) => self.photos.push(photo),
            Err(fault) => self.fault = Some(("photos", fault.to_string())),
        }
    }
}

/// What is wrong with a text.
pub(super) fn fault_of(text: &str) -> Option<String> {
    match text.trim().chars().count() {
        0 => Some("请写下内容".into()),
        n if n > LONGEST => Some(format!("现在有 {n} 字，请缩短到 {LONGEST} 字以内")),
        _ => None,
    }
}
