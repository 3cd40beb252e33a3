//! A form with one file.

use std::collections::BTreeMap;

use axum::extract::Multipart;

/// Fields by name, and the file.
#[derive(Default)]
pub(crate) struct Upload {
    fields: BTreeMap<String, String>,
    pub(crate) file_name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Upload {
    /// What does not arrive whole is as if no file had been chosen.
    pub(crate) async fn read(mut form: Multipart) -> Self {
        let mut upload = Self::default();
        if let Err(error) = upload.take(&mut form).await {
            tracing::info!(%error, "an upload did not arrive whole");
            upload.bytes.clear();
        }
        upload
    }

    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    async fn take(&mut self, form: &mut Multipart) -> Result<(), axum::extract::multipart::MultipartError> {
        while let Some(field) = form.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "file" {
                field.file_name().unwrap_or_default().clone_into(&mut self.file_name);
                self.bytes = field.bytes().await?.to_vec();
            } else {
                self.fields.insert(name, field.text().await?);
            }
        }
        Ok(())
    }
}
