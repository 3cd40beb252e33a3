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
const MENU: [MenuItem; 24] = [
    item("doctor", "/doctor", "预问诊", "患者提交的预问诊，按分级从急到缓", Permission::ConsultationRead),
    item(
        "herbal-prescribe",
        "/herbal/prescribe",
        "饮片处方",
        "开饮片处方：边写边审查，双签字，看审方结果",
        Permission::PrescriptionWrite,
    ),
    item(
        "herbal-audit",
        "/herbal/audit",
        "饮片审方",
        "等待审核的饮片处方，按剩余时间；超时通过的次日复核",
        Permission::PrescriptionAudit,
    ),
    item(
        "herbal-orders",
        "/herbal/orders",
        "饮片订单",
        "派来的订单：接单、调配、煎煮、配送、自提核对",
        Permission::OrderProcess,
    ),
    item(
        "herbal-desk",
        "/herbal/desk",
        "订单管理",
        "各医院的饮片订单：查找、统计、超时提醒、改派、改配送",
        Permission::OrderManage,
    ),
    item(
        "templates",
        "/staff/templates",
        "问卷模板",
        "编写、试答、提交本科室的预问诊问卷",
        Permission::TemplateEdit,
    ),
    item(
        "template-review",
        "/staff/templates/review",
        "模板审核",
        "待审的问卷模板：比较、试答、通过或退回",
        Permission::TemplateReview,
    ),
    item("knowledge", "/knowledge", "知识库", "知识的概况、版本、比较和查询", Permission::KnowledgeRead),
    item(
        "outside-templates",
        "/staff/outside-templates",
        "外来模板",
        "申康和各院的模板、字典与同步记录",
        Permission::KnowledgeRead,
    ),
    item("realname", "/staff/realname", "实名审核", "核对证件照片与填写的内容", Permission::RealnameReview),
    item(
        "feedback",
        "/staff/feedback",
        "意见反馈",
        "居民的反馈：认领、答复、办结和统计",
        Permission::FeedbackHandle,
    ),
    item(
        "statistics",
        "/staff/statistics",
        "统计",
        "预问诊的使用：趋势、高峰、排名、人群、入口、模板和每道题的回答",
        Permission::StatisticsRead,
    ),
    item("messages", "/staff/messages", "消息记录", "推送的结果，失败的重发", Permission::MessageLog),
    item(
        "organisations",
        "/admin/organisations",
        "机构",
        "26 家机构的名称、级别、地址和支付地址",
        Permission::OrganisationManage,
    ),
    item(
        "deliveries",
        "/staff/deliveries",
        "数据交换",
        "送往医院的预问诊结果，各机构的取数方式",
        Permission::OrganisationManage,
    ),
    item(
        "herbal-sites",
        "/herbal/sites",
        "处方接口",
        "各机构的审方时限、处方接口的密钥",
        Permission::OrganisationManage,
    ),
    item(
        "herbal-catalogue",
        "/herbal/catalogue",
        "饮片目录",
        "饮片、价格、库存和代煎企业；导入、比较、推送",
        Permission::HerbalCatalogueRead,
    ),
    item(
        "herbal-statements",
        "/herbal/statements",
        "饮片对账",
        "每月对账单：上传、核对、确认、开票、付款",
        Permission::HerbalStatement,
    ),
    item(
        "partners",
        "/admin/partners",
        "第三方入口",
        "合作方的密钥、入口和可取的字段",
        Permission::EntryManage,
    ),
    item(
        "accounts",
        "/admin/accounts",
        "账号",
        "工作人员的账号：新建、停用、重置、解锁",
        Permission::AccountManage,
    ),
    item(
        "directory",
        "/admin/directory",
        "统一用户",
        "区支撑平台的人员：同步、角色对照、需要处理的",
        Permission::AccountManage,
    ),
    item("backups", "/admin/backups", "备份", "最近的备份和核对结果，现在备份", Permission::BackupManage),
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
