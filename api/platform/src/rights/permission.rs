use serde::{Deserialize, Serialize};

/// What kind of work a role does. The three administrators of GB/T 22239 8.1.5 and everybody else exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    Business,
    System,
    Security,
    Audit,
}

/// Under which heading a permission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    Care,
    Knowledge,
    Residents,
    Service,
    Organisation,
    Data,
    System,
    Security,
    Audit,
}

macro_rules! permissions {
    ($($variant:ident $name:literal $title:literal $group:ident $duty:ident;)*) => {
        /// Something one may or may not do; its name is stored and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission {
            $(#[doc = $title] $variant,)*
        }

        impl Permission {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As stored.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// As people read it.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }

            /// Only roles of this kind can have it.
            pub const fn duty(self) -> Duty {
                match self { $(Self::$variant => Duty::$duty,)* }
            }
        }
    };
}

permissions! {
    ConsultationRead "consultation.read" "查看预问诊" Care Business;
    PrescriptionWrite "prescription.write" "开具饮片处方" Care Business;
    PrescriptionAudit "prescription.audit" "审核饮片处方" Care Business;
    OrderProcess "order.process" "处理饮片订单" Service Business;
    OrderManage "order.manage" "管理饮片订单" Service Business;
    FieldReveal "field.reveal" "显示被隐去的内容" Care Business;
    KnowledgeRead "knowledge.read" "查看知识库" Knowledge Business;
    KnowledgePublish "knowledge.publish" "发布和启用知识版本" Knowledge Business;
    TemplateEdit "template.edit" "编写问卷模板" Knowledge Business;
    TemplateReview "template.review" "审核问卷模板" Knowledge Business;
    ResidentRead "resident.read" "查看居民资料" Residents Business;
    RealnameReview "realname.review" "审核实名" Residents Business;
    FamilyReview "family.review" "审核家庭关系" Residents Business;
    FeedbackHandle "feedback.handle" "处理反馈" Service Business;
    MessageTemplate "message.template" "维护消息模板" Service Business;
    MessageLog "message.log" "查看消息记录" Service Business;
    OrganisationManage "organisation.manage" "维护机构和科室" Organisation Business;
    HerbalCatalogue "herbal.catalogue" "维护饮片目录和价格" Organisation Business;
    HerbalCatalogueRead "herbal.catalogue.read" "查看饮片目录" Organisation Business;
    HerbalStock "herbal.stock" "维护饮片库存" Organisation Business;
    HerbalStatement "herbal.statement" "饮片对账" Organisation Business;
    HerbalSettle "herbal.settle" "审核饮片对账、付款" Organisation Business;
    EntryManage "entry.manage" "维护第三方入口" Organisation Business;
    StatisticsRead "statistics.read" "查看统计" Data Business;
    DataExport "data.export" "导出数据" Data Business;
    AccountManage "account.manage" "管理账号" System System;
    SystemOperate "system.operate" "运行维护" System System;
    KeyManage "key.manage" "管理密钥" System System;
    BackupManage "backup.manage" "备份与恢复" System System;
    RoleManage "role.manage" "管理角色和权限" Security Security;
    AuditRead "audit.read" "查看审计记录" Audit Audit;
    AuditExport "audit.export" "导出审计记录" Audit Audit;
}

impl Permission {
    /// Whether what it opens belongs to residents and to no institution, so that only the whole district is a reach.
    pub fn is_undivided(self) -> bool {
        matches!(self, Self::RealnameReview | Self::MessageLog)
    }

    /// The permission of a stored name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.name() == name)
    }
}

impl Duty {
    pub const ALL: [Self; 4] = [Self::Business, Self::System, Self::Security, Self::Audit];

    /// As stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::System => "system",
            Self::Security => "security",
            Self::Audit => "audit",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|duty| duty.name() == name)
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Business => "业务",
            Self::System => "系统管理",
            Self::Security => "安全管理",
            Self::Audit => "审计管理",
        }
    }
}

impl Group {
    pub const ALL: [Self; 9] = [
        Self::Care,
        Self::Knowledge,
        Self::Residents,
        Self::Service,
        Self::Organisation,
        Self::Data,
        Self::System,
        Self::Security,
        Self::Audit,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Care => "诊疗",
            Self::Knowledge => "知识",
            Self::Residents => "居民",
            Self::Service => "服务",
            Self::Organisation => "机构",
            Self::Data => "数据",
            Self::System => "系统",
            Self::Security => "安全",
            Self::Audit => "审计",
        }
    }

    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| permission.group() == self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        let names: BTreeSet<_> = Permission::ALL.iter().map(|permission| permission.name()).collect();
        assert_eq!(names.len(), Permission::ALL.len());
        for permission in Permission::ALL {
            assert_eq!(Permission::named(permission.name()), Some(*permission));
        }
        assert_eq!(Permission::named("anything"), None);
        assert_eq!(Group::ALL.iter().flat_map(|group| group.permissions()).count(), names.len());
    }
}
