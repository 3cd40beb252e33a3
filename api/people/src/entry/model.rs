use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Into what a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Booking,
    Immunisation,
    Checkup,
}

/// What a partner may learn of the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Name,
    IdNumber,
    Phone,
    Sex,
    BirthDate,
}

/// A third party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    pub id: Uuid,
    pub key: String,
    pub name: String,
    /// Where residents go back to with their ticket: fixed here, never taken from a link.
    pub return_address: String,
    pub services: Vec<Service>,
    pub fields: Vec<Field>,
    pub is_active: bool,
}

/// One coming in by a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub id: Uuid,
    pub partner: String,
    pub service: Service,
    /// The partner's own number for it.
    pub reference: String,
    pub created_at: DateTime<Utc>,
    pub resident: Option<Uuid>,
    pub patient: Option<Uuid>,
    pub ticket_at: Option<DateTime<Utc>>,
}

impl Service {
    pub const ALL: [Self; 3] = [Self::Booking, Self::Immunisation, Self::Checkup];

    pub fn name(self) -> &'static str {
        match self {
            Self::Booking => "booking",
            Self::Immunisation => "immunisation",
            Self::Checkup => "checkup",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Booking => "预约就诊",
            Self::Immunisation => "计划免疫预约",
            Self::Checkup => "健康体检",
        }
    }
}

impl Field {
    pub const ALL: [Self; 5] = [Self::Name, Self::IdNumber, Self::Phone, Self::Sex, Self::BirthDate];

    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::IdNumber => "id_number",
            Self::Phone => "phone",
            Self::Sex => "sex",
            Self::BirthDate => "birth_date",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Name => "姓名",
            Self::IdNumber => "身份证号",
            Self::Phone => "手机号",
            Self::Sex => "性别",
            Self::BirthDate => "出生日期",
        }
    }
}
