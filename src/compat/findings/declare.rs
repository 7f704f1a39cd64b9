//! The declaration of a finding: everything that is known of it, in one place.

use super::{About, Severity};

/// A finding as it is declared.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::compat) struct Declaration {
    /// The name of its constant, e.g. `BuildMismatch`.
    pub constant: &'static str,
    /// The stable name, e.g. `build-mismatch`.
    pub name: &'static str,
    /// The severity; a reason that stands in the way gets a higher one.
    pub severity: Severity,
    /// The things that it is about.
    pub about: &'static [About],
    /// A few words for what it is.
    pub title: &'static str,
    /// The sentence that says what was found, a template; the names in braces are those of [`crate::compat::text`].
    pub message: &'static str,
    /// The sentence that says what to do in this case, a template; empty where there is nothing to do.
    pub help: &'static str,
    /// The meaning in general, a template with remedies only.
    pub meaning: &'static str,
    /// The remedy in general, a template with remedies only.
    pub advice: &'static str,
    /// The address of the page on which the fact is found.
    pub source: &'static str,
}

/// Declares findings: a constant of [`Code`](super::Code) for each, and the list `ALL` of those in this file.
macro_rules! declare {
    ($(
        $constant:ident = $name:literal, $severity:ident, about [$($about:ident),+] {
            title: $title:literal,
            $($field:ident: $text:literal,)+
        }
    )+) => {
        #[allow(non_upper_case_globals, reason = "codes read as the variants of an enum, and are declared in several files")]
        impl super::Code {
            $(
                #[doc = concat!("`", $name, "`: ", $title, ".")]
                pub const $constant: Self = Self(&super::declare::Declaration {
                    constant: stringify!($constant),
                    name: $name,
                    severity: super::Severity::$severity,
                    about: &[$(super::About::$about),+],
                    title: $title,
                    $($field: $text,)+
                });
            )+
        }

        /// The findings of this file.
        pub(super) const ALL: &[super::Code] = &[$(super::Code::$constant),+];
    };
}
pub(super) use declare;
