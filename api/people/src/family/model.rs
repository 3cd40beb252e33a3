use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Somebody a resident may act for, or that may act for the resident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: Uuid,
    pub owner: Uuid,
    pub patient: Uuid,
    pub relation: Relation,
    pub proof: Proof,
    pub consented_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What the patient is to the resident (after GB/T 4761).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Spouse,
    Child,
    Parent,
    Grandparent,
    Grandchild,
    Sibling,
    Other,
}

/// By what the right to act was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The patient's own consent: a code sent to the patient's phone.
    Code,
    BirthCertificate,
    HouseholdRegister,
    Guardianship,
}

impl Member {
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

impl Relation {
    pub const ALL: [Self; 7] = [
        Self::Spouse,
        Self::Child,
        Self::Parent,
        Self::Grandparent,
        Self::Grandchild,
        Self::Sibling,
        Self::Other,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Spouse => "spouse",
            Self::Child => "child",
            Self::Parent => "parent",
            Self::Grandparent => "grandparent",
            Self::Grandchild => "grandchild",
            Self::Sibling => "sibling",
            Self::Other => "other",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Spouse => "配偶",
            Self::Child => "子女",
            Self::Parent => "父母",
            Self::Grandparent => "祖父母、外祖父母",
            Self::Grandchild => "孙子女、外孙子女",
            Self::Sibling => "兄弟姐妹",
            Self::Other => "其他",
        }
    }
}

impl Proof {
    /// Those for a child below 14.
    pub const DOCUMENTS: [Self; 3] = [Self::BirthCertificate, Self::HouseholdRegister, Self::Guardianship];

    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::BirthCertificate => "birth_certificate",
            Self::HouseholdRegister => "household_register",
            Self::Guardianship => "guardianship",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Code].into_iter().chain(Self::DOCUMENTS).find(|proof| proof.name() == name)
    }

    pub fn text(self) -> &'static str {
        match self {
            Self::Code => "本人短信确认",
            Self::BirthCertificate => "出生医学证明",
            Self::HouseholdRegister => "户口簿",
            Self::Guardianship => "监护证明",
        }
    }
}
