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
    /// What it said before it was ready.
    told: String,
}

impl Server {
    fn start(folder: &Path) -> Self {
        let mut child = jiuyi(folder).arg("serve").env("JIUYI_LISTEN", "127.0.0.1:0").spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let (mut line, mut told) = (String::new(), String::new());
        while !line.contains("居民端") {
            line.clear();
            assert_ne!(said.read_line(&mut line).unwrap(), 0, "the server says where it is");
            told.push_str(&line);
        }
        let (_, address) = line.trim().split_once("http://").unwrap();
        let address = address.trim_end_matches('/').to_owned();
        Self { child, said, address, told }
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
    let password =
        server.told.lines().find_map(|line| line.trim().strip_prefix("s01  ")).unwrap()[..19].to_owned();
    assert!(server.stop().contains("已停止"));

    let log = std::fs::read_to_string(folder.path().join("var/log/jiuyi.log")).unwrap();
    assert!(log.contains(r#""route":"/sign-in""#), "{log}");
    assert!(!log.contains("林晓雯"), "no names in the log");
    assert!(!log.contains(&password), "no passwords in the log");
    let (intact, said) = run(folder.path(), &["audit", "verify"]);
    assert!(intact && said.contains("审计链完整"), "{said}");

    let again = Server::start(folder.path());
    assert!(!again.told.contains("s01  "), "passwords are told once");
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
fn without_demo_three_administrators_are_set_up_first() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("jiuyi.toml"), "demo = false\n").unwrap();
    let server = Server::start(folder.path());
    let page = server.get("/sign-in");
    assert!(page.contains("工作人员登录") && !page.contains("林晓雯"), "{page}");
    assert!(server.told.contains("/set-up") && server.told.contains("设置码"), "{}", server.told);
    assert!(server.get("/set-up").contains("建立三位管理员"));
    server.stop();

    let create = ["account", "create", "--user", "wangguan", "--name", "王管", "--role", "system_admin"];
    let (done, said) = run(folder.path(), &create);
    assert!(done && said.contains("初始密码"), "{said}");
    let (done, said) = run(folder.path(), &create);
    assert!(!done && said.contains("已有人使用"), "{said}");
    for (deed, told) in
        [("disable", "已停用"), ("enable", "已启用"), ("unlock", "已解除"), ("reset", "初始密码")]
    {
        let (done, said) = run(folder.path(), &["account", deed, "wangguan"]);
        assert!(done && said.contains(told), "{said}");
    }
    let (_, said) = run(folder.path(), &["account", "list", "--role", "system_admin"]);
    assert!(said.contains("wangguan\t王管\t系统管理员\t正常\t无二次验证\t从未"), "{said}");
    let (done, said) = run(folder.path(), &["account", "disable", "nobody"]);
    assert!(!done && said.contains("没有账号 nobody"), "{said}");
    let (_, said) = run(folder.path(), &["account", "create", "--help"]);
    assert!(said.contains("账号名：小写字母"), "{said}");

    let server = Server::start(folder.path());
    assert!(!server.told.contains("设置码"), "there is an administrator: {}", server.told);
    server.stop();
}

#[test]
fn a_backup_is_made_while_serving_and_restored_by_the_commands() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (done, said) = run(folder.path(), &["backup", "kept/one.jyb"]);
    assert!(done && said.contains("已从头到尾读回核对") && said.contains("staff："), "{said}");
    assert!(server.get("/sign-in").contains("林晓雯"));
    server.stop();
    let (done, said) = run(folder.path(), &["backup", "--verify", "kept/one.jyb"]);
    assert!(done && said.contains("逐块核对无误"), "{said}");

    let create = ["account", "create", "--user", "wangguan", "--name", "王管", "--role", "system_admin"];
    assert!(run(folder.path(), &create).0);
    let (done, said) = run(folder.path(), &["restore", "kept/one.jyb"]);
    assert!(!done && said.contains("数据库里已有数据") && said.contains("--force"), "{said}");
    let (done, said) = run(folder.path(), &["restore", "--force", "kept/one.jyb"]);
    assert!(done && said.contains("原有数据已另存为") && said.contains("已恢复"), "{said}");
    let (_, said) = run(folder.path(), &["account", "list", "--role", "system_admin"]);
    assert!(!said.contains("wangguan"), "{said}");
    let (sound, said) = run(folder.path(), &["verify"]);
    assert!(sound && said.contains("审计链完整"), "{said}");

    // A new machine: refused without the keys, and nothing is made in their place.
    let new = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept/one.jyb");
    let (done, said) = run(new.path(), &["restore", file.to_str().unwrap()]);
    assert!(!done && said.contains("没有密钥文件") && !new.path().join("var/keys.toml").exists(), "{said}");
    std::fs::copy(folder.path().join("var/keys.toml"), new.path().join("var/keys.toml")).unwrap();
    let (done, said) = run(new.path(), &["restore", file.to_str().unwrap()]);
    assert!(done && !said.contains("另存"), "{said}");
    let server = Server::start(new.path());
    assert!(server.get("/sign-in").contains("林晓雯"), "the same people are there");
    server.stop();

    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (done, said) = run(folder.path(), &["backup", "--verify", "kept/one.jyb"]);
    assert!(!done && said.contains("被改动或损坏"), "{said}");
}
