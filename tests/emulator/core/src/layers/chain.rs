//! Lists of layers, topmost first: their ids, their folders, their order.

use super::{name_of, normal, record};
use crate::codes::{INVALID_ARGUMENT, PATH_NOT_FOUND};
use crate::guid;
use crate::rules::{self, Refusal};

/// Checks ids and folders of (id, path) pairs; their normal paths.
pub fn check(layers: &[(String, String)]) -> Result<Vec<String>, Refusal> {
    layers
        .iter()
        .map(|(id, path)| {
            let path = normal(path);
            let expected = guid::name_to_guid(name_of(&path)).to_string();
            if *id.to_lowercase() != expected {
                let says = format!("{path}: {id} is not NameToGuid of {:?}", name_of(&path));
                return Err(rules::LAYER_ID.refusal(PATH_NOT_FOUND, says));
            }
            if record(&path).is_none() {
                return Err(rules::LAYER_PATH.refusal(PATH_NOT_FOUND, format!("{path} holds no layer")));
            }
            Ok(path)
        })
        .collect()
}

/// Checks that each layer stands above its own parents, and the last is a base layer.
pub fn check_order(paths: &[String]) -> Result<(), Refusal> {
    let wrong = paths.is_empty()
        || paths.iter().enumerate().any(|(index, path)| record(path).is_none_or(|record| record.parents != paths[index + 1..]));
    rules::LAYER_ORDER.require(!wrong, INVALID_ARGUMENT, || format!("{paths:?} is no chain of layers, topmost first"))
}
