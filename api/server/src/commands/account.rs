//! Accounts of the staff from the command line of the server, for operators: also the way back in when every
//! administrator is locked out.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use people::{
    Department, Staff,
    account::{
        Account as Found, Filter, Initial, NewAccount,
        service::{self, By, Creation},
    },
};
use platform::{App, session::Role};

use super::say;
use crate::start;

#[derive(Debug, Subcommand)]
pub(super) enum Account {
    /// 列出账号：账号名、角色、状态、二次验证、最近登录
    List {
        /// 只列这个角色，例如 system_admin
        #[arg(long, default_value = "", value_parser = role_or_empty, hide_default_value = true)]
        role: String,
    },
    /// 建立账号，并显示一次性初始密码
    Create {
        /// 账号名：小写字母、数字和 . _ -，4 到 32 个字符
        #[arg(long)]
        user: String,
        /// 姓名
        #[arg(long)]
        name: String,
        /// 角色：doctor、pharmacist、editor、admin、system_admin、security_admin、audit_admin、reviewer、service
        #[arg(long, value_parser = role)]
        role: Role,
        /// 职称
        #[arg(long, default_value = "", hide_default_value = true)]
        title: String,
        /// 机构代码和科室代码，例如 H01/IM；不写时归入平台管理中心
        #[arg(long)]
        department: Option<String>,
    },
    /// 重置密码，并显示一次性初始密码；此人的登录立即结束
    Reset {
        /// 账号名
        user: String,
        /// 同时重置二次验证（手机和恢复码都丢失时）
        #[arg(long)]
        second_factor: bool,
    },
    /// 停用账号；此人的登录立即结束
    Disable {
        /// 账号名
        user: String,
    },
    /// 重新启用账号
    Enable {
        /// 账号名
        user: String,
    },
    /// 解除因多次输错造成的锁定
    Unlock {
        /// 账号名
        user: String,
    },
}

pub(super) async fn run(command: &Account) -> anyhow::Result<ExitCode> {
    let app = start::app(start::config()?).await?;
    let by = By::operator();
    match command {
        Account::List { role } => list(&app, role).await?,
        Account::Create { user, name, role, title, department } => {
            let department = department_of(&app, department.as_deref()).await?;
            let staff = Staff {
                id: app.new_id(),
                name: name.trim().to_owned(),
                role: *role,
                title: title.trim().to_owned(),
                department,
            };
            let new = NewAccount { staff, user_name: user.clone() };
            match service::create(&app, &by, &new, false).await? {
                Creation::Done(initial) => told(&initial)?,
                Creation::Faults(faults) => {
                    let faults: Vec<_> = faults.into_iter().map(|(_, fault)| fault).collect();
                    bail!("没有建立账号：{}", faults.join(""));
                }
            }
        }
        Account::Reset { user, second_factor } => {
            let account = find(&app, user).await?;
            if *second_factor {
                service::reset_second_factor(&app, &by, &account).await?;
                say("二次验证已重置。")?;
            }
            told(&service::reset_password(&app, &by, &account).await?)?;
        }
        Account::Disable { user } => {
            service::disable(&app, &by, &find(&app, user).await?).await?;
            say("账号已停用，登录已全部结束。")?;
        }
        Account::Enable { user } => {
            service::enable(&app, &by, &find(&app, user).await?).await?;
            say("账号已启用。")?;
        }
        Account::Unlock { user } => {
            service::unlock(&app, &by, &find(&app, user).await?).await?;
            say("锁定已解除。")?;
        }
    }
    app.db.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(app: &App, role: &str) -> anyhow::Result<()> {
    let mut filter = Filter { role: role.to_owned(), ..Filter::default() };
    let mut n = 0;
    loop {
        let page = service::list(app, &filter, 500).await?;
        let Some(last) = page.last() else { break };
        filter.after.clone_from(&last.user_name);
        for account in &page {
            let locked = service::locked_until(app, account).await?.is_some();
            let state = account.state(&app.config, app.now()).text();
            let last = account
                .last_sign_in_at
                .map_or_else(|| "从未".into(), |at| ui::format::moment(at, app.clock.today()));
            say(&[
                account.user_name.as_str(),
                account.staff.name.as_str(),
                account.staff.role.text(),
                if locked { "锁定中" } else { state },
                if account.has_second_factor() { "有二次验证" } else { "无二次验证" },
                &last,
            ]
            .join("\t"))?;
            n += 1;
        }
    }
    if n == 0 {
        say("还没有账号。用 jiuyi account create 建立，或打开服务启动时显示的初始设置地址。")?;
    }
    Ok(())
}

async fn find(app: &App, user: &str) -> anyhow::Result<Found> {
    let found = service::find_by_user_name(app, user).await?;
    found.with_context(|| format!("没有账号 {user}，用 jiuyi account list 查看"))
}

async fn department_of(app: &App, wanted: Option<&str>) -> anyhow::Result<Department> {
    let Some(wanted) = wanted else { return Ok(service::open_office(app).await?) };
    let all = people::service::list_all_departments(app).await?;
    let found = all.into_iter().find(|one| format!("{}/{}", one.institution, one.code) == wanted);
    found.with_context(|| format!("没有科室 {wanted}，应写成 机构代码/科室代码，例如 H01/IM"))
}

/// The one time a password is shown.
pub(super) fn told(initial: &Initial) -> anyhow::Result<()> {
    say(&format!(
        "账号 {}（{}，{}）\n初始密码 {}\n只显示这一次，72 小时内有效；首次登录时须修改。",
        initial.user_name,
        initial.name,
        initial.role.text(),
        initial.password
    ))?;
    Ok(())
}

fn role(text: &str) -> Result<Role, String> {
    Role::named(text).ok_or_else(|| {
        let names: Vec<_> = Role::ALL.into_iter().map(Role::name).collect();
        format!("没有角色 {text}，可用：{}", names.join("、"))
    })
}

fn role_or_empty(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { role(text).map(|role| role.name().to_owned()) }
}
