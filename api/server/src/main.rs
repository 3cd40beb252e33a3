//! `jiuyi`: the one program of the platform.

use std::process::ExitCode;

use clap::Parser;
use server::commands::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}
