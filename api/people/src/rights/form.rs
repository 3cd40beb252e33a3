//! The matrix as a form: `scope.<permission>` and, several times, `field.<permission>`.

use std::collections::BTreeMap;

use platform::{
    Problem,
    rights::{Field, Fields, Grant, Permission, Scope},
};

/// What the form of one role says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) version: i64,
    pub(super) is_confirmed: bool,
    pub(super) reason: String,
    /// In the order of the permissions.
    pub(super) grants: Vec<Grant>,
}

/// Reads the fields of a form; a permission without a scope is not given.
pub(super) fn filled(pairs: &[(String, String)]) -> Result<Filled, Problem> {
    let mut form = Filled::default();
    let mut scopes: BTreeMap<Permission, Scope> = BTreeMap::new();
    let mut fields: BTreeMap<Permission, Fields> = BTreeMap::new();
    for (name, value) in pairs {
        let unknown = || Problem::invalid_input().fault(format!("/{name}"), format!("没有 {value}"));
        match (name.as_str(), name.split_once('.')) {
            ("version", _) => form.version = value.parse().map_err(|_| unknown())?,
            ("step", _) => form.is_confirmed = value == "confirm",
            ("reason", _) => form.reason.clone_from(value),
            (_, Some(("scope", permission))) if !value.is_empty() => {
                let permission = Permission::named(permission).ok_or_else(unknown)?;
                let scope = Scope::named(value).ok_or_else(unknown)?;
                if permission.is_undivided() && scope != Scope::District {
                    let fault = format!("“{}”的内容不分机构，范围只能是全区", permission.title());
                    return Err(Problem::invalid_input()
                        .detail(fault.clone())
                        .fault(format!("/{name}"), fault));
                }
                scopes.insert(permission, scope);
            }
            (_, Some(("field", permission))) => {
                let permission = Permission::named(permission).ok_or_else(unknown)?;
                fields.entry(permission).or_default().insert(Field::named(value).ok_or_else(unknown)?);
            }
            _ => {}
        }
    }
    form.grants = scopes
        .into_iter()
        .map(|(permission, scope)| {
            let fields = fields.remove(&permission).unwrap_or_default();
            Grant { permission, scope, fields }
        })
        .collect();
    Ok(form)
}

/// The same fields, to be sent once more with the confirmation.
pub(super) fn hidden(grants: &[Grant]) -> Vec<(String, &'static str)> {
    let of = |grant: &Grant| {
        let name = grant.permission.name();
        let mut pairs = vec![(format!("scope.{name}"), grant.scope.name())];
        pairs.extend(grant.fields.iter().map(|field| (format!("field.{name}"), field.name())));
        pairs
    };
    grants.iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_matrix_is_read_and_goes_round() {
        let form = filled(&pairs(&[
            ("_csrf", "x"),
            ("version", "3"),
            ("step", "confirm"),
            ("reason", "值夜班"),
            ("scope.knowledge.read", ""),
            ("field.knowledge.read", "name"),
            ("scope.consultation.read", "institution"),
            ("field.consultation.read", "phone"),
            ("field.consultation.read", "name"),
        ]))
        .unwrap();
        assert_eq!((form.version, form.is_confirmed, form.reason.as_str()), (3, true, "值夜班"));
        let grant = Grant {
            permission: Permission::ConsultationRead,
            scope: Scope::Institution,
            fields: [Field::Name, Field::Phone].into(),
        };
        assert_eq!(form.grants, std::slice::from_ref(&grant));
        let again: Vec<(String, String)> =
            hidden(&form.grants).into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        assert_eq!(filled(&again).unwrap().grants, [grant]);
        for wrong in [
            ("scope.consultation.read", "world"),
            ("scope.realname.review", "institution"),
            ("scope.money.take", "own"),
            ("version", "x"),
        ] {
            assert_eq!(filled(&pairs(&[wrong])).unwrap_err().status, 422, "{wrong:?}");
        }
    }
}
