//! The form of what `wincompat pull --dry-run` says of the layers of an image.

use crate::runner::census::Census;

/// The JSON Schema of the document, as committed in `schema/`.
pub fn schema() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Census>()
}
