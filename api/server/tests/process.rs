//! The program as a process: it starts with no configuration, says where it is, stops when told.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "readers of a test fail with it")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

/// A server on a free port, with its data in a folder of its own.
struct Server {
    child: Child,
    said: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = jiuyi(folder).arg("serve").env("JIUYI_LISTEN", "127.0.0.1:0").spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains("居民端") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "the server says where it is");
        }
        let (_, address) = line.trim().split_once("http://").unwrap();
        let address = address.trim_end_matches('/').to_owned();
        Self { child, said, address }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn stop(mut self) -> String {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(self.child.wait().unwrap().success(), "it stops without a fault");
        let mut rest = String::new();
        self.said.read_to_string(&mut rest).unwrap();
        rest
    }
}

fn jiuyi(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jiuyi"));
    command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let Output { status, stdout, stderr } = jiuyi(folder).args(arguments).output().unwrap();
    (status.success(), String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr))
}

#[test]
fn starts_from_nothing_serves_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert!(server.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(server.get("/sign-in").contains("林晓雯"));
    assert!(server.stop().contains("已停止"));

    let log = std::fs::read_to_string(folder.path().join("var/log/jiuyi.log")).unwrap();
    assert!(log.contains(r#""route":"/sign-in""#), "{log}");
    assert!(!log.contains("林晓雯"), "no names in the log");
    let (intact, said) = run(folder.path(), &["audit", "verify"]);
    assert!(intact && said.contains("审计链完整"), "{said}");

    let again = Server::start(folder.path());
    assert!(again.get("/sign-in").contains("林晓雯"), "the same keys open the same names");
    again.stop();
}

#[test]
fn says_what_to_do_when_the_port_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let output = jiuyi(folder.path()).env("JIUYI_LISTEN", format!("127.0.0.1:{port}")).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(said.contains(&format!("端口 {port} 已被占用")) && said.contains("JIUYI_LISTEN="), "{said}");
}

#[test]
fn refuses_lost_keys_and_unknown_settings() {
    let folder = tempfile::tempdir().unwrap();
    Server::start(folder.path()).stop();
    std::fs::remove_file(folder.path().join("var/keys.toml")).unwrap();
    let (done, said) = run(folder.path(), &["audit", "verify"]);
    assert!(!done && said.contains("找不到密钥文件"), "{said}");

    std::fs::write(folder.path().join("jiuyi.toml"), "demo = true\nlisten_adress = \"x\"\n").unwrap();
    let (done, said) = run(folder.path(), &["serve"]);
    assert!(!done && said.contains("listen_adress"), "{said}");
}

#[test]
fn without_demo_nobody_can_sign_in_and_the_page_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jiuyi.toml"), "demo = false\n").unwrap();
    let server = Server::start(folder.path());
    let page = server.get("/sign-in");
    assert!(page.contains("暂时无法登录") && !page.contains("林晓雯"), "{page}");
    server.stop();
}
