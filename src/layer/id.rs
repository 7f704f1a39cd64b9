//! Ids of layers, and the form of every id that names a folder: 64 lower-case hex digits and nothing else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hex;
use crate::image::Digest;

/// An id that names a folder, e.g. `9f3c…` with 64 lower-case hex digits: it cannot lead out of the folder that holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FolderId(pub [u8; 32]);

/// The reason a text is not a [`FolderId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected 64 lower-case hex digits")]
pub struct ParseIdError;

impl FromStr for FolderId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode(text).map(Self).ok_or(ParseIdError)
    }
}

impl fmt::Display for FolderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl Serialize for FolderId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FolderId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The id of a layer: the 64 hex digits of the digest that names its content and all layers below it. HCS hashes the folder's
/// name into the layer's GUID, so it never changes (`docs/hcs.md#layer-ids`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LayerId(FolderId);

impl LayerId {
    /// The id of a layer with this diff ID on this parent: OCI's chain ID. The same content on other parents is another layer,
    /// since HCS imports a layer against those below it.
    pub fn on(parent: Option<&Self>, diff_id: &Digest) -> Self {
        let chain = match parent {
            None => diff_id.clone(),
            Some(parent) => Digest::of(format!("sha256:{parent} {diff_id}").as_bytes()),
        };
        // A digest has 64 hex digits by its type.
        Self(chain.hex().parse().unwrap_or_default())
    }
}

impl FromStr for LayerId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_named_by_all_layers_up_to_it() {
        let (base, upper) = (Digest::of(b"base"), Digest::of(b"upper"));
        let base_id = LayerId::on(None, &base);
        assert_eq!(base_id.to_string(), base.hex());
        let chain = Digest::of(format!("{base} {upper}").as_bytes());
        assert_eq!(LayerId::on(Some(&base_id), &upper).to_string(), chain.hex());
        let json = serde_json::to_value(base_id).unwrap();
        assert_eq!((json.as_str(), serde_json::from_value(json.clone()).ok()), (Some(base.hex()), Some(base_id)));
    }
}
