//! The query for compute systems.

use serde::Serialize;

/// A `SystemQuery`; an empty one asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SystemQuery {
    /// Those with one of these ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Those of one of these owners.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<String>,
}

impl SystemQuery {
    /// The system with this id.
    pub fn id(id: impl ToString) -> Self {
        Self { ids: vec![id.to_string()], ..Self::default() }
    }

    /// The systems of this owner.
    pub fn owner(owner: impl Into<String>) -> Self {
        Self { owners: vec![owner.into()], ..Self::default() }
    }
}
