//! Ids of containers and layers: 64 hex digits, and never anything else, since folders are named by them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hcs::guid::Guid;
use crate::image::Digest;

/// The id of a container, e.g. `4c01db0b…` with 64 lower-case hex digits, as Docker's are.
///
/// All else that belongs to a container and outlives a process is named after it, so that nothing has to be remembered in
/// order to find it again: its folder, its scratch layer, its compute system, its endpoint and its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContainerId([u8; 32]);

/// The id of a layer: the 64 hex digits of the digest that names its content and all layers below it. HCS hashes the folder's
/// name into the layer's GUID, so it never changes (`hcs-runner` 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId([u8; 32]);

impl ContainerId {
    /// A new id from the system's random numbers; fails when there are none.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The first twelve digits, as `ps` shows it and as the container's host name, e.g. `4c01db0b339c`.
    pub fn short(&self) -> String {
        self.to_string().chars().take(12).collect()
    }

    /// The id of its network endpoint.
    pub fn endpoint(&self) -> Guid {
        let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = self.0;
        Guid::from_random(bytes)
    }

    /// The id of its network namespace.
    pub fn namespace(&self) -> Guid {
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, bytes @ ..] = self.0;
        Guid::from_random(bytes)
    }

    /// The name of its scratch folder: 32 hex digits. It differs between containers, because HCS knows a layer by the last
    /// part of its path, and it is short, because HCS adds to it below `MAX_PATH`.
    pub fn scratch(&self) -> String {
        self.to_string().chars().take(32).collect()
    }
}

impl LayerId {
    /// The id of a layer with this diff ID on this parent: OCI's chain ID. The same content on other parents is another layer,
    /// since HCS imports a layer against those below it.
    pub fn on(parent: Option<&Self>, diff_id: &Digest) -> Self {
        let chain = match parent {
            None => diff_id.clone(),
            Some(parent) => Digest::of(format!("sha256:{parent} {diff_id}").as_bytes()),
        };
        // A digest has 64 hex digits by its type.
        Self(from_hex(chain.hex()).unwrap_or_default())
    }
}

/// Why a text is no [`ContainerId`] or [`LayerId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 64 lower-case hex digits")]
pub struct ParseIdError;

/// Sixty-four lower-case hex digits.
fn from_hex(text: &str) -> Result<[u8; 32], ParseIdError> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return Err(ParseIdError);
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        for digit in pair {
            let value = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return Err(ParseIdError),
            };
            *byte = (*byte << 4) | value;
        }
    }
    Ok(bytes)
}

/// Both ids read, print and serialise alike.
macro_rules! as_hex {
    ($id:ident) => {
        impl FromStr for $id {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                from_hex(text).map(Self)
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl Serialize for $id {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

as_hex!(ContainerId);
as_hex!(LayerId);

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
    fn a_layer_is_named_by_all_layers_up_to_it() {
        let (base, upper) = (Digest::of(b"base"), Digest::of(b"upper"));
        let base_id = LayerId::on(None, &base);
        assert_eq!(base_id.to_string(), base.hex());
        let chain = Digest::of(format!("{base} {upper}").as_bytes());
        assert_eq!(LayerId::on(Some(&base_id), &upper).to_string(), chain.hex());
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
