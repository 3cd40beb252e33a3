use platform::rights::{Grant, Permission};

/// What changes between two sets of grants, in the order of the permissions, as people read it.
pub(super) fn changes(before: &[Grant], after: &[Grant]) -> Vec<Change> {
    let of = |grants: &[Grant], permission| grants.iter().find(|g| g.permission == permission).cloned();
    Permission::ALL
        .iter()
        .filter_map(|permission| {
            let (before, after) = (of(before, *permission), of(after, *permission));
            (before != after).then(|| Change {
                permission: *permission,
                before: before.as_ref().map(words).unwrap_or_default(),
                after: after.as_ref().map(words).unwrap_or_default(),
            })
        })
        .collect()
}

/// One permission that is given, changed or taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) permission: Permission,
    /// Empty when it is new.
    pub(super) before: String,
    /// Empty when it is taken.
    pub(super) after: String,
}

impl Change {
    /// As the audit trail keeps it: `查看预问诊：本科室→本机构`.
    pub(super) fn line(&self) -> String {
        let or_none = |text: &str| if text.is_empty() { "无".to_owned() } else { text.to_owned() };
        format!("{}：{}→{}", self.permission.title(), or_none(&self.before), or_none(&self.after))
    }

    pub(super) fn tone(&self) -> &'static str {
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, _) => "ok",
            (_, true) => "danger",
            _ => "warn",
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match (self.before.is_empty(), self.after.is_empty()) {
            (true, _) => "新增",
            (_, true) => "取消",
            _ => "改变",
        }
    }
}

/// `本科室，显示 姓名、病情`.
pub(super) fn words(grant: &Grant) -> String {
    let fields: Vec<&str> = grant.fields.iter().map(|field| field.title()).collect();
    let scope = grant.scope.title();
    if fields.is_empty() { scope.to_owned() } else { format!("{scope}，显示{}", fields.join("、")) }
}

#[cfg(test)]
mod tests {
    use platform::rights::{Field, Fields, Scope};

    use super::*;

    #[test]
    fn changes_are_told_one_by_one() {
        let grant = |permission, scope, fields: Fields| Grant { permission, scope, fields };
        let before = [
            grant(Permission::ConsultationRead, Scope::Department, [Field::Name].into()),
            grant(Permission::KnowledgeRead, Scope::District, Fields::new()),
            grant(Permission::DataExport, Scope::District, Fields::new()),
        ];
        let after = [
            grant(Permission::ConsultationRead, Scope::Institution, [Field::Name, Field::Phone].into()),
            grant(Permission::KnowledgeRead, Scope::District, Fields::new()),
            grant(Permission::FieldReveal, Scope::Own, Fields::new()),
        ];
        let lines: Vec<_> = changes(&before, &after).iter().map(Change::line).collect();
        assert_eq!(
            lines,
            [
                "查看预问诊：本科室，显示姓名→本机构，显示姓名、手机号",
                "显示被隐去的内容：无→本人",
                "导出数据：全区→无"
            ]
        );
        let kinds: Vec<_> = changes(&before, &after).iter().map(Change::kind).collect();
        assert_eq!(kinds, ["改变", "新增", "取消"]);
        assert!(changes(&before, &before).is_empty());
    }
}
