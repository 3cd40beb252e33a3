//! The running log: JSON files that programs can search, and a console for people.
//!
//! A fault is logged once, where it leaves the program, with request id, route and chain of causes. Never logged:
//! path values, queries, bodies, names, anything a patient or doctor wrote.

use std::{
    backtrace::Backtrace,
    io::{self, IsTerminal},
    panic,
    path::PathBuf,
};

use rolling_file::{BasicRollingFileAppender, RollingConditionBasic};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::Config;

/// The log could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("无法写日志目录 {}", .0.display())]
    Files(PathBuf, #[source] io::Error),
    #[error("日志过滤规则“{0}”无法读懂")]
    Filter(String, #[source] tracing_subscriber::filter::ParseError),
    #[error("日志已经启动")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Writes what is still waiting when dropped; keep it until the program ends.
#[must_use]
#[derive(Debug)]
pub struct LogGuard(#[expect(dead_code, reason = "dropping it flushes the log")] WorkerGuard);

/// Starts the log of a server: `var/log/jiuyi.log` (closed at midnight or when full, old ones numbered and the
/// oldest removed) and the console, and a hook that logs where a panic happened.
pub fn start(config: &Config) -> Result<LogGuard, LogError> {
    let (files, guard) = file_layer(config)?;
    let console =
        fmt::layer().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).with_target(false);
    tracing_subscriber::registry()
        .with(files.with_filter(filter(config)?))
        .with(console.with_filter(filter(config)?))
        .try_init()?;
    log_panics();
    Ok(LogGuard(guard))
}

fn file_layer(config: &Config) -> Result<(impl Layer<Registry> + use<>, WorkerGuard), LogError> {
    let dir = config.var_dir.join("log");
    let failed = |e| LogError::Files(dir.clone(), e);
    std::fs::create_dir_all(&dir).map_err(failed)?;
    let condition = RollingConditionBasic::new().daily().max_size(config.log_file_mib.max(1) << 20);
    let appender = BasicRollingFileAppender::new(dir.join("jiuyi.log"), condition, config.log_files.max(1))
        .map_err(failed)?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    Ok((fmt::layer().json().flatten_event(true).with_writer(writer), guard))
}

fn filter(config: &Config) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(&config.log).map_err(|e| LogError::Filter(config.log.clone(), e))
}

/// The message of a panic may quote what a patient wrote, so only the place and the stack are logged.
fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "-".into(), ToString::to_string);
        tracing::error!(place, stack = %Backtrace::capture(), "panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_hold_one_json_object_per_event_and_rotate_when_full() {
        let var = tempfile::tempdir().unwrap();
        let config =
            Config { var_dir: var.path().into(), log_file_mib: 1, log_files: 3, ..Config::default() };
        let (layer, guard) = file_layer(&config).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let long = "长".repeat(1000);
            for round in 0..2000 {
                tracing::error!(round, long, "request failed");
            }
        });
        drop(guard);
        let text = std::fs::read_to_string(var.path().join("log/jiuyi.log")).unwrap();
        let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["round"], 1999);
        assert_eq!(last["message"], "request failed");
        let files = std::fs::read_dir(var.path().join("log")).unwrap().count();
        assert_eq!(files, 4, "the open one and three old ones");
    }

    #[test]
    fn an_unreadable_filter_is_named() {
        let config = Config { log: "=[x".into(), ..Config::default() };
        assert!(filter(&config).unwrap_err().to_string().contains("=[x"));
    }
}
