//! What the names of deeds mean, in plain Chinese.

use platform::session::Role;

/// Name in the trail, for the administrator, and for the resident whose data it is.
const DEEDS: [(&str, &str, &str); 27] = [
    ("session.begin", "登录", "登录"),
    ("session.end", "退出", "退出"),
    ("session.refuse", "登录失败", "登录失败"),
    ("access.refused", "越权访问被拒", "试图打开没有权限的页面"),
    ("resident.read", "查看居民资料", "查看了您的个人资料"),
    ("field.reveal", "显示被隐去的内容", "查看了原本隐去的内容"),
    ("consultation.begin", "开始预问诊", "开始了预问诊"),
    ("consultation.answer", "回答预问诊", "回答了预问诊"),
    ("consultation.undo", "撤回回答", "撤回了回答"),
    ("consultation.restart", "重新开始预问诊", "重新开始了预问诊"),
    ("consultation.amend", "修改病历", "修改了病历"),
    ("consultation.confirm", "确认病历", "确认并发送了病历"),
    ("consultation.list", "在列表中看到", "在本科室当天的名单里看到了您"),
    ("consultation.read", "查看预问诊", "打开了您的预问诊病历"),
    ("health.forget", "清除阅读记录", "清除了阅读记录"),
    ("release.publish", "发布知识版本", "发布了知识版本"),
    ("release.activate", "启用知识版本", "启用了知识版本"),
    ("knowledge.export", "导出知识图谱", "导出了知识图谱"),
    ("role.create", "新建角色", "新建了角色"),
    ("role.change", "修改角色权限", "修改了角色权限"),
    ("role.give", "授予角色", "授予了角色"),
    ("role.take", "收回角色", "收回了角色"),
    ("audit.search", "查询审计", "查询了审计记录"),
    ("audit.export", "导出审计", "导出了审计记录"),
    ("audit.verify", "核对审计链", "核对了审计链"),
    ("key.rotate", "更换密钥", "更换了密钥"),
    ("backup.make", "备份", "做了备份"),
];

/// For the administrator; the name itself where it is not known here.
pub(super) fn title(action: &str) -> &str {
    found(action).map_or(action, |(_, title, _)| title)
}

/// For the resident.
pub(super) fn plain(action: &str) -> &'static str {
    found(action).map_or("查看或处理了您的资料", |(_, _, plain)| plain)
}

/// Names and titles, to choose from.
pub(super) fn choices() -> impl Iterator<Item = (&'static str, &'static str)> {
    DEEDS.iter().map(|(name, title, _)| (*name, *title))
}

fn found(action: &str) -> Option<&'static (&'static str, &'static str, &'static str)> {
    DEEDS.iter().find(|(name, _, _)| *name == action)
}

/// Tone and text of an outcome.
pub(super) fn outcome(name: &str) -> (&'static str, &'static str) {
    match name {
        "done" => ("ok", "成功"),
        "denied" => ("danger", "被拒"),
        _ => ("warn", "失败"),
    }
}

/// A role of the trail in Chinese.
pub(super) fn role(name: &str) -> &str {
    match name {
        "resident" => "居民",
        "system" => "系统",
        name => match Role::named(name) {
            Some(role) => role.text(),
            None => name,
        },
    }
}
