use std::process::ExitCode;

use super::say;

/// Prints what `api/openapi.json` holds.
pub(super) fn run() -> anyhow::Result<ExitCode> {
    say(crate::document()?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}
