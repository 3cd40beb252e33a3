use platform::rights::{Held, Permission};

/// A place of the staff's main menu.
#[derive(Debug, PartialEq, Eq)]
pub struct MenuItem {
    /// By which a page says that it is this one.
    pub key: &'static str,
    pub href: &'static str,
    pub label: &'static str,
    /// What one does there.
    pub about: &'static str,
    permission: Permission,
}

const fn item(
    key: &'static str,
    href: &'static str,
    label: &'static str,
    about: &'static str,
    permission: Permission,
) -> MenuItem {
    MenuItem { key, href, label, about, permission }
}

/// In the order of the menu; somebody sees the places their rights open.
const MENU: [MenuItem; 4] = [
    item("doctor", "/doctor", "预问诊", "患者提交的预问诊，按分级从急到缓", Permission::ConsultationRead),
    item("knowledge", "/knowledge", "知识库", "知识的概况、版本、比较和查询", Permission::KnowledgeRead),
    item(
        "roles",
        "/admin/roles",
        "角色与权限",
        "每个角色能做什么、能看多大范围，谁持有",
        Permission::RoleManage,
    ),
    item("audit", "/admin/audit", "审计", "谁在何时何地做了什么；导出，核对审计链", Permission::AuditRead),
];

/// The places open to somebody.
pub(crate) fn of(held: &Held) -> Vec<&'static MenuItem> {
    MENU.iter().filter(|item| held.may(item.permission)).collect()
}

#[cfg(test)]
mod tests {
    use platform::rights::{Fields, Grant, Scope};

    use super::*;

    #[test]
    fn the_menu_shows_only_what_one_may_open() {
        let grant =
            Grant { permission: Permission::AuditRead, scope: Scope::District, fields: Fields::new() };
        let keys = |held: &Held| of(held).iter().map(|item| item.key).collect::<Vec<_>>();
        assert_eq!(keys(&Held::of(vec![grant], Vec::new())), ["audit"]);
        assert_eq!(keys(&Held::default()), [""; 0]);
    }
}
