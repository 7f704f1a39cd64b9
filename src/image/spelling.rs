//! The case in which the keys of indexes, manifests and configs are spelt.
//!
//! The engines' reader of JSON takes `OS.Version` for `os.version`, and of several such keys the last one counts
//! (<https://pkg.go.dev/encoding/json#Unmarshal>). Other programs know the key by its exact name alone. A document that spells a key in
//! another case is one image to this program and another to that, so it is refused.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The keys of an object that mean something, each with those of the objects below it.
pub(crate) struct Keys(&'static [(&'static str, Option<&'static Keys>)]);

/// The keys of an index, and of the manifest of an image.
pub(crate) const MANIFEST: &Keys = &Keys(&[
    ("schemaVersion", None),
    ("mediaType", None),
    ("manifests", Some(DESCRIPTOR)),
    ("config", Some(DESCRIPTOR)),
    ("layers", Some(DESCRIPTOR)),
    ("fsLayers", None),
]);

const DESCRIPTOR: &Keys = &Keys(&[
    ("mediaType", None),
    ("digest", None),
    ("size", None),
    ("urls", None),
    ("annotations", None),
    ("platform", Some(PLATFORM)),
]);

const PLATFORM: &Keys =
    &Keys(&[("architecture", None), ("os", None), ("os.version", None), ("os.features", None), ("variant", None)]);

/// The keys of the config of an image.
pub(crate) const CONFIG: &Keys = &Keys(&[
    ("architecture", None),
    ("os", None),
    ("os.version", None),
    ("os.features", None),
    ("variant", None),
    ("history", Some(HISTORY)),
    ("rootfs", Some(ROOTFS)),
]);

const HISTORY: &Keys = &Keys(&[("created_by", None)]);

const ROOTFS: &Keys = &Keys(&[("diff_ids", None)]);

/// The keys of the `manifest.json` of `docker save`.
#[cfg(feature = "registries")]
pub(crate) const SAVED: &Keys = &Keys(&[("Config", None), ("RepoTags", None), ("Layers", None), ("LayerSources", None)]);

/// Refuses JSON in which one of these keys is spelt in another case; the error is the reason, part of a sentence.
pub(crate) fn check(bytes: &[u8], keys: &'static Keys) -> Result<(), String> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    keys.deserialize(&mut json).map_err(|error| error.to_string())
}

impl<'de> DeserializeSeed<'de> for &'static Keys {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &'static Keys {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            match self.0.iter().find(|(name, _)| is_same(name, &key)) {
                Some((name, _)) if *name != key => {
                    return Err(A::Error::custom(format!(
                        "the key {name} is spelt in another case: some programs read it so, others do not"
                    )));
                }
                Some((_, Some(below))) => object.next_value_seed(*below)?,
                _ => _ = object.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// True for two keys that the engines take for one. The first is of ASCII, as nearly all keys are: that is compared at once.
fn is_same(name: &str, key: &str) -> bool {
    if key.is_ascii() { name.eq_ignore_ascii_case(key) } else { folded(name).eq(folded(key)) }
}

/// The characters of a text without their case, as the engines compare keys: the Kelvin sign is a `k`, the long s an `s`.
fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_in_another_case_is_refused_where_it_means_something() {
        for (json, key) in [
            (r#"{"os.version":"10.0.20348.1","OS.Version":"10.0.17763.1"}"#, "os.version"),
            (r#"{"OS.Version":"10.0.17763.1"}"#, "os.version"),
            ("{\"o\u{17f}\":\"linux\"}", "os"),
            (r#"{"Architecture":"arm64"}"#, "architecture"),
            (r#"{"rootfs":{"Diff_IDs":[]}}"#, "diff_ids"),
            (r#"{"history":[null,{"Created_By":"Apply image 10.0.17763.1"}]}"#, "created_by"),
        ] {
            let refused = check(json.as_bytes(), CONFIG).unwrap_err();
            assert!(refused.starts_with(&format!("the key {key} is spelt in another case")), "{json}: {refused}");
        }
        for json in [
            r#"{"Manifests":[]}"#,
            r#"{"config":{"digest":"a","Digest":"b"}}"#,
            r#"{"manifests":[{"platform":{"os":"windows","OS":"linux"}}]}"#,
            r#"{"layers":[{"Urls":[]}]}"#,
        ] {
            assert!(check(json.as_bytes(), MANIFEST).is_err(), "{json}");
        }
    }

    #[test]
    fn other_keys_may_be_spelt_as_one_likes() {
        for json in [
            r#"{"os":"windows","config":{"Labels":{"os":"a","OS":"b"},"Cmd":["cmd"],"cmd":[]},"Author":"x","rootfs":null,"history":null}"#,
            r#"{"os":null,"architecture":5,"history":[1,-1,1.5,true,"text",[{}]]}"#,
            "5",
        ] {
            assert_eq!(check(json.as_bytes(), CONFIG), Ok(()), "{json}");
        }
        let annotated = r#"{"manifests":[{"annotations":{"os":"a","OS":"b"},"digest":"x"}],"annotations":{"Layers":"x"}}"#;
        assert_eq!(check(annotated.as_bytes(), MANIFEST), Ok(()));
    }
}
