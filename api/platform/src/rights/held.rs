use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use uuid::Uuid;

use super::{Columns, Field, Grant, Permission, Reach, Scope, Site};
use crate::{Problem, audit::Actor, db::Conditions, session::Principal};

/// Everything somebody of the staff may do, from all roles they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    grants: Vec<Grant>,
    /// Chinese names of the roles.
    roles: Vec<String>,
}

/// What the person at the other end may do here; put into the request by the gate.
#[derive(Debug, Clone)]
pub struct Right {
    pub principal: Principal,
    /// Token for forms.
    pub csrf: String,
    pub reach: Reach,
    /// What the route asks for; None where any staff may.
    permission: Option<Permission>,
    held: Arc<Held>,
}

impl Held {
    pub fn of(grants: Vec<Grant>, roles: Vec<String>) -> Self {
        Self { grants, roles }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.grants_of(permission).next().is_some()
    }

    /// The widest reach of a permission.
    pub fn scope(&self, permission: Permission) -> Option<Scope> {
        self.grants_of(permission).map(|grant| grant.scope).max()
    }

    pub fn roles(&self) -> &[String] {
        &self.roles
    }

    fn grants_of(&self, permission: Permission) -> impl Iterator<Item = &Grant> {
        self.grants.iter().filter(move |grant| grant.permission == permission)
    }
}

impl Right {
    /// None for a resident.
    pub fn new(
        principal: Principal,
        csrf: String,
        permission: Option<Permission>,
        held: Arc<Held>,
    ) -> Option<Self> {
        let Principal::Staff { id, institution, department, .. } = &principal else { return None };
        let reach = Reach { id: *id, institution: institution.clone(), department: department.clone() };
        Some(Self { principal, csrf, reach, permission, held })
    }

    pub fn id(&self) -> Uuid {
        self.reach.id
    }

    pub fn actor(&self) -> Actor {
        Actor::from(&self.principal)
    }

    /// Whether something else may be done as well, as a button on a page that others may only read.
    pub fn may(&self, permission: Permission) -> bool {
        self.held.may(permission)
    }

    /// Names of the roles held.
    pub fn roles(&self) -> &[String] {
        self.held.roles()
    }

    /// The widest reach of the permission of this route.
    pub fn scope(&self) -> Option<Scope> {
        self.grants().map(|grant| grant.scope).max()
    }

    /// The rows of a table that this permission reaches.
    pub fn predicate(&self, columns: &Columns) -> Conditions {
        match self.scope() {
            Some(scope) => scope.predicate(&self.reach, columns),
            None => Conditions::new().and("1 = 0", []),
        }
    }

    /// Whether one row is within reach.
    pub fn covers(&self, site: &Site<'_>) -> bool {
        self.grants().any(|grant| grant.scope.covers(&self.reach, site))
    }

    /// Whether a field of one row is shown in full: by a grant that reaches this row.
    pub fn shows(&self, field: Field, site: &Site<'_>) -> bool {
        self.grants().any(|grant| grant.fields.contains(&field) && grant.scope.covers(&self.reach, site))
    }

    /// The same right as another permission gives it, as revealing beside reading.
    #[must_use]
    pub fn under(&self, permission: Permission) -> Self {
        Self { permission: Some(permission), ..self.clone() }
    }

    fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.permission.into_iter().flat_map(|permission| self.held.grants_of(permission))
    }
}

impl<S: Sync> FromRequestParts<S> for Right {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only a route outside the gate, or one for residents, gets here without.
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Problem::internal(NoRight))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a handler asks for a right that the gate did not give")]
struct NoRight;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Role;

    #[test]
    fn a_field_is_shown_only_where_the_grant_that_shows_it_reaches() {
        let grant = |scope, fields: &[Field]| Grant {
            permission: Permission::ConsultationRead,
            scope,
            fields: fields.iter().copied().collect(),
        };
        let held = Held::of(
            vec![grant(Scope::Department, &[Field::Name, Field::Diagnosis]), grant(Scope::District, &[])],
            vec!["医生".into(), "质控".into()],
        );
        let doctor = Principal::Staff {
            id: Uuid::nil(),
            role: Role::Doctor,
            institution: "H01".into(),
            department: "IM".into(),
        };
        let right =
            Right::new(doctor, String::new(), Some(Permission::ConsultationRead), Arc::new(held)).unwrap();
        let here = Site { institution: Some("H01"), department: Some("IM"), ..Site::default() };
        let there = Site { institution: Some("H02"), department: Some("IM"), ..Site::default() };
        assert_eq!(right.scope(), Some(Scope::District));
        assert!(right.covers(&here) && right.covers(&there));
        assert!(right.shows(Field::Name, &here) && !right.shows(Field::Name, &there));
        assert!(!right.shows(Field::Phone, &here));
        let other = right.under(Permission::FieldReveal);
        assert!(!other.covers(&here) && other.scope().is_none() && !right.may(Permission::FieldReveal));
        let resident = Principal::Resident { id: Uuid::nil() };
        assert!(Right::new(resident, String::new(), None, Arc::default()).is_none());
    }
}
