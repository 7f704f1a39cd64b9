//! Ids of containers, and the names of everything that belongs to one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::layer::{FolderId, ParseIdError};

/// The id of a container, e.g. `4c01db0b…` with 64 lower-case hex digits, as Docker's are.
///
/// Everything that belongs to a container and outlives a process is named after it, so that nothing has to be stored in order to
/// find it again: its folder, its scratch layer, its compute system, its endpoint and its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContainerId(FolderId);

impl ContainerId {
    /// A new id from the system's random numbers; fails when there are none.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(FolderId(bytes)))
    }

    /// The first twelve digits, as `ps` shows it and as the container's host name, e.g. `4c01db0b339c`.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }

    /// The id of its network endpoint.
    pub fn endpoint(&self) -> Uuid {
        let FolderId([bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]) = self.0;
        random_guid(bytes)
    }

    /// The id of its network namespace.
    pub fn namespace(&self) -> Uuid {
        let FolderId([_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, bytes @ ..]) = self.0;
        random_guid(bytes)
    }

    /// The name of its scratch folder: 32 hex digits. It differs between containers, because HCS identifies a layer by the last
    /// part of its path, and it is short, because HCS adds to it below `MAX_PATH`.
    pub fn scratch(&self) -> String {
        self.to_string().chars().take(32).collect()
    }
}

/// A GUID of these random bytes, marked as a random one (version 4, RFC 9562). Printed in lower case without braces, as the documents
/// of HCS and HCN require it.
pub(crate) const fn random_guid(bytes: [u8; 16]) -> Uuid {
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

impl FromStr for ContainerId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4c01db0b339c8d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";

    #[test]
    fn everything_is_named_after_the_container() {
        let id: ContainerId = ID.parse().unwrap();
        assert_eq!(id.to_string(), ID);
        assert_eq!(id.short(), "4c01db0b339c");
        assert_eq!(id.scratch(), "4c01db0b339c8d1e2f3a4b5c6d7e8f90");
        assert_eq!(id.endpoint().to_string(), "4c01db0b-339c-4d1e-af3a-4b5c6d7e8f90");
        assert_eq!(id.namespace().to_string(), "a1b2c3d4-e5f6-4718-a93a-4b5c6d7e8f90");
    }

    #[test]
    fn two_random_ids_differ() {
        assert_ne!(ContainerId::random().unwrap(), ContainerId::random().unwrap());
    }

    #[test]
    fn a_random_guid_says_so() {
        assert_eq!(random_guid([0xff; 16]).to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(random_guid([0; 16]).to_string(), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn guids_of_documents_are_lower_case_without_braces() {
        let text = "\"0f8fad5b-d9cb-469f-a165-70867728950e\"";
        let guid: Uuid = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&guid).unwrap(), text);
        for other in [text.to_uppercase(), text.replacen('"', "\"{", 1).replace("e\"", "e}\"")] {
            assert_eq!(serde_json::from_str::<Uuid>(&other).unwrap(), guid, "{other}");
        }
    }

    #[test]
    fn refuses_what_could_leave_the_folder() {
        for text in
            ["", "..", &ID.to_uppercase(), &ID[1..], &format!("{ID}0"), &format!("../{}", &ID[3..]), &ID.replace('4', "é")]
        {
            assert_eq!(text.parse::<ContainerId>(), Err(ParseIdError), "{text}");
        }
    }
}
