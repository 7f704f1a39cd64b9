//! Words that were typed with a mistake.

/// The letters of a word in which one may be wrong.
const LETTERS_A_MISTAKE: usize = 3;

/// The mistakes that make `typed` of `known`: letters that are wrong, too many or left out, and pairs in the wrong order. `None` where they
/// are too many for the words to be alike.
pub fn mistakes(typed: &str, known: &str) -> Option<usize> {
    let mistakes = strsim::damerau_levenshtein(typed, known);
    (mistakes * LETTERS_A_MISTAKE <= typed.chars().count()).then_some(mistakes)
}
