//! The `manifest.json` of `docker save` before version 25, and of tools that still write it.

use std::collections::HashMap;

use serde::Deserialize;

use crate::Error;
use crate::image::{Digest, spelling};
use crate::oci::layout::{check_spelling, malformed};
use crate::oci::manifest::{is_foreign, servers_of};

/// One image in an archive of `docker save`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Saved {
    /// The file with its config, e.g. `53a4….json`.
    pub config: String,
    /// The names of the image, e.g. `["app:1.2"]`.
    repo_tags: Option<Vec<String>>,
    /// Layers that are not in the archive, by diff ID.
    layer_sources: Option<HashMap<String, LayerSource>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayerSource {
    media_type: Option<String>,
    urls: Option<Vec<String>>,
}

/// Reads `manifest.json`.
pub(crate) fn parse(shown_path: &str, bytes: &[u8]) -> Result<Vec<Saved>, Error> {
    let saved = serde_json::from_slice(bytes).map_err(|error| malformed(shown_path, "manifest.json", &error))?;
    check_spelling(shown_path, "manifest.json", bytes, spelling::SAVED)?;
    Ok(saved)
}

impl Saved {
    pub fn names(&self) -> Vec<String> {
        self.repo_tags.clone().unwrap_or_default()
    }

    /// The digest the config must have, where the name of its file says it: `HEX.json`, or `blobs/sha256/HEX`.
    pub fn config_digest(&self) -> Option<Digest> {
        let hex = self.config.strip_suffix(".json").or_else(|| self.config.strip_prefix("blobs/sha256/"))?;
        format!("sha256:{hex}").parse().ok()
    }

    /// The servers that are named for layers kept elsewhere.
    pub fn layer_servers(&self) -> Vec<String> {
        let sources = self.layer_sources.iter().flat_map(HashMap::values);
        servers_of(sources.flat_map(|source| source.urls.as_deref().unwrap_or_default()))
    }

    pub fn has_foreign_layers(&self) -> bool {
        self.layer_sources.iter().flat_map(HashMap::values).any(|source| {
            source.media_type.as_deref().is_some_and(is_foreign) || source.urls.as_ref().is_some_and(|urls| !urls.is_empty())
        })
    }
}
