//! Dockerfiles: the bases of stages, and the images that files are copied from or mounted.

mod heredocs;
mod stages;
mod uses;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use parse_dockerfile::{Flag, FromInstruction, Instruction};

pub use self::uses::Use;
use super::origin::{Origins, mentioned, origin};
use super::words::{Style, Values, Word, expand};
use super::{Editable, Lines, Meant, Os, Place, Problem, Scanned};
use crate::{Error, ErrorKind};

/// What is known of a build besides its Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The values of arguments, from the command line or from the file that builds it.
    pub arguments: Values,
    /// Arguments that the file which builds it gives a value that is not known, with what is known of it.
    pub open: BTreeMap<String, Meant>,
    /// Where the values of arguments stand that are plain text.
    pub origins: Origins,
    /// The names of contexts that replace images: folders, or other images.
    pub contexts: BTreeMap<String, Option<Meant>>,
    /// The stages that are built; none for the last one.
    pub targets: Vec<String>,
    /// The text that names the build, e.g. `service web`.
    pub object: Option<String>,
    /// The operating system that it is built for.
    pub os: Os,
}

/// The variables that a builder sets by itself, for an image for Windows on amd64. What the machine that builds is, is not known.
const GIVEN: [(&str, &str); 3] = [("TARGETPLATFORM", "windows/amd64"), ("TARGETOS", "windows"), ("TARGETARCH", "amd64")];

/// The same for an image that is built for another system.
const GIVEN_ELSEWHERE: [(&str, &str); 3] = [("TARGETPLATFORM", "linux/amd64"), ("TARGETOS", "linux"), ("TARGETARCH", "amd64")];

/// The same of the machine that builds: a word that no platform is.
const BUILDER: [&str; 4] = ["BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDOSVERSION"];

/// What stands in the place of the platform of the machine that builds.
const THE_BUILDERS: &str = "{build}";

/// The image without files.
const SCRATCH: &str = "scratch";

/// Reads a Dockerfile as it is built.
pub fn read(text: &str, build: &Build) -> Scanned {
    read_with_uses(text, build).0
}

/// The same with the uses of arguments.
pub fn read_with_uses(text: &str, build: &Build) -> (Scanned, Vec<Use>) {
    let lines = Lines::of(text);
    // Places count from behind a byte order mark.
    let shift = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut file = File {
        lines,
        text,
        shift,
        escape: '\\',
        arguments: Values::new(),
        open: BTreeMap::new(),
        origins: Origins::new(),
        stages: Vec::new(),
        names: HashMap::new(),
        uses: Vec::new(),
        build,
    };
    let mut scanned = Scanned::default();
    file.escape = escape_of(text);
    let masked = heredocs::without_bodies(text, file.escape);
    if is_fragment(&masked) {
        let left_out = Some("a part of a Dockerfile, without a FROM".to_owned());
        return (Scanned { left_out, ..Scanned::default() }, Vec::new());
    }
    match parse_dockerfile::parse_iter(&masked) {
        Ok(instructions) => {
            for instruction in instructions {
                match instruction {
                    Ok(instruction) => file.take(&instruction),
                    Err(_) if is_placeholder(text) => return (template(), Vec::new()),
                    Err(error) => {
                        scanned.problems.push(file.problem(&error));
                        break;
                    }
                }
            }
        }
        Err(error) => scanned.problems.push(file.problem(&error)),
    }
    if file.stages.iter().any(|stage| is_placeholder(&stage.base.written)) {
        return (template(), Vec::new());
    }
    if file.stages.is_empty() && scanned.problems.is_empty() {
        let error = Error::of(ErrorKind::Invalid, "the Dockerfile has no FROM").hint("add a FROM, or leave the file out");
        scanned.problems.push(Problem { place: file.lines.place(0..0), error });
    }
    scanned.found = file.found();
    file.add_references(&scanned.found);
    (scanned, file.uses)
}

/// The character before which a line's end or another character loses its meaning.
fn escape_of(text: &str) -> char {
    let is_backtick =
        text.trim_start_matches('\u{feff}').lines().map_while(|line| line.trim_start().strip_prefix('#')).any(|line| {
            line.split_once('=').is_some_and(|(name, value)| name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`")
        });
    if is_backtick { '`' } else { '\\' }
}

fn template() -> Scanned {
    Scanned { left_out: Some("a template for Dockerfiles".to_owned()), ..Scanned::default() }
}

/// True for instructions without a `FROM`, which other files take in.
fn is_fragment(text: &str) -> bool {
    let mut lines =
        text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let is_from = |line: &str| line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case("from"));
    lines.clone().next().is_some() && !lines.any(is_from)
}

/// True for a text that a template engine takes.
fn is_placeholder(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

struct File<'t> {
    lines: Lines<'t>,
    text: &'t str,
    shift: usize,
    escape: char,
    /// The arguments before the first stage.
    arguments: Values,
    /// Those among them whose values are not known, with what is known of them.
    open: BTreeMap<String, Meant>,
    /// Where values stand that are plain text.
    origins: Origins,
    stages: Vec<Stage>,
    /// The stages of each name.
    names: HashMap<String, Vec<usize>>,
    /// The uses of arguments so far.
    uses: Vec<Use>,
    build: &'t Build,
}

struct Stage {
    name: Option<String>,
    base: Named,
    os: Os,
    /// True if commands run in it.
    runs: bool,
    /// The images and stages that files come from.
    sources: Vec<Named>,
}

/// A reference, or the name of a stage or context.
struct Named {
    place: Place,
    written: String,
    word: Word,
    editable: Option<Editable>,
}

impl Named {
    fn is(&self, name: &str) -> bool {
        self.word.missing.is_empty() && self.word.text.eq_ignore_ascii_case(name)
    }
}

impl File<'_> {
    fn take(&mut self, instruction: &Instruction<'_>) {
        match instruction {
            Instruction::Arg(arg) if self.stages.is_empty() => {
                self.arguments_of(&arg.arguments.value, arg.arguments.span.clone())
            }
            Instruction::Arg(arg) => self.declared_again(&arg.arguments.value, &arg.arguments.span),
            Instruction::From(from) => self.stage(from),
            Instruction::Run(run) => {
                let mounted: Vec<Named> = run.options.iter().filter_map(|flag| self.mounted(flag)).collect();
                if let Some(stage) = self.stages.last_mut() {
                    stage.runs = true;
                    stage.sources.extend(mounted);
                }
            }
            Instruction::Copy(copy) => {
                let copied: Vec<Named> = copy.options.iter().filter_map(|flag| self.copied(flag)).collect();
                if let Some(stage) = self.stages.last_mut() {
                    stage.sources.extend(copied);
                }
            }
            // It is done in another build, whose base this image is.
            _ => {}
        }
    }

    /// `NAME=VALUE NAME …` of an argument before the first stage.
    fn arguments_of(&mut self, text: &str, span: Range<usize>) {
        for (_, word) in words_of(text, self.escape) {
            let (name, default) = word.split_once('=').map_or((word, None), |(name, default)| (name, Some(default)));
            let given = self.build.arguments.get(name).cloned();
            let open = if given.is_some() { None } else { self.build.open.get(name).cloned() };
            let own = default.filter(|_| given.is_none() && open.is_none());
            mentioned(default.unwrap_or_default()).for_each(|used| self.uses.push(self.use_of(used, &span)));
            let expanded = own.map(|default| expand(default, self.style(), &self.values()));
            // A default that rests on what nobody gives is not a value.
            let open = open.or_else(|| expanded.as_ref()?.missing.iter().find_map(|missing| self.open.get(missing).cloned()));
            let value = given.or_else(|| expanded.filter(|word| word.missing.is_empty()).map(|word| word.text));
            self.origins.remove(name);
            if let Some(origin) = self.build.origins.get(name).filter(|_| self.build.arguments.contains_key(name)) {
                self.origins.insert(name.to_owned(), origin.clone());
            }
            if let Some(own) = own.map(|own| own.trim_matches(['"', '\''])).filter(|own| value.as_deref() == Some(*own)) {
                self.default_of(name, own, span.clone());
            }
            match value {
                Some(value) => self.arguments.insert(name.to_owned(), value),
                None => self.arguments.remove(name),
            };
            match open {
                Some(open) => self.open.insert(name.to_owned(), open),
                None => self.open.remove(name),
            };
        }
    }

    /// Notes where a default stands: behind its name, once.
    fn default_of(&mut self, name: &str, default: &str, span: Range<usize>) {
        let span = self.shift + span.start..self.shift + span.end;
        let text = self.text.get(span.clone()).unwrap_or_default();
        for form in [format!("{name}={default}"), format!("{name}=\"{default}\""), format!("{name}='{default}'")] {
            let mut places = text.match_indices(&form);
            if let (Some((at, _)), None) = (places.next(), places.next()) {
                let start = span.start + at + form.find(default).unwrap_or_default().max(name.len() + 1);
                let origin = Editable {
                    file: None,
                    span: start..start + default.len(),
                    text: default.to_owned(),
                    before: String::new(),
                    after: String::new(),
                };
                self.origins.insert(name.to_owned(), origin);
                return;
            }
        }
    }

    const fn style(&self) -> Style {
        Style::Dockerfile { escape: self.escape }
    }

    /// The values that a `FROM` sees.
    fn values(&self) -> Values {
        let given = if self.build.os == Os::Other { GIVEN_ELSEWHERE } else { GIVEN };
        let mut values: Values = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        values.extend(BUILDER.iter().map(|name| ((*name).to_owned(), THE_BUILDERS.to_owned())));
        values.extend(self.arguments.clone());
        values
    }

    fn stage(&mut self, from: &FromInstruction<'_>) {
        let values = self.values();
        let platform = from.options.iter().find(|flag| flag.name.value.eq_ignore_ascii_case("platform"));
        let platform = platform.and_then(|flag| flag.value.as_ref());
        for (name, value) in platform.into_iter().flat_map(|value| mentioned(&value.value).map(move |name| (name, value))) {
            self.uses.push(self.use_of(name, &value.span));
        }
        let platform = platform.map(|value| expand(&value.value, self.style(), &values).text);
        let base = self.named(&from.image.value, from.image.span.clone(), &values);
        let name = from.as_.as_ref().map(|(_, name)| name.value.to_lowercase());
        if let Some(name) = &name {
            self.names.entry(name.clone()).or_default().push(self.stages.len());
        }
        self.stages.push(Stage { name, base, os: os_of(platform.as_deref()), runs: false, sources: Vec::new() });
    }

    /// `COPY --from=`.
    fn copied(&self, flag: &Flag<'_>) -> Option<Named> {
        let value = flag.value.as_ref().filter(|_| flag.name.value.eq_ignore_ascii_case("from"))?;
        Some(self.named(&value.value, value.span.clone(), &self.values()))
    }

    /// `RUN --mount=type=bind,from=…`, in which no variable is expanded.
    fn mounted(&self, flag: &Flag<'_>) -> Option<Named> {
        let value = flag.value.as_ref().filter(|_| flag.name.value.eq_ignore_ascii_case("mount"))?;
        let from = value.value.split(',').find_map(|part| part.trim().strip_prefix("from="))?.trim_matches(['"', '\'']);
        let start = self.shift + value.span.start;
        let written = self.text.get(start..self.shift + value.span.end).unwrap_or_default();
        // The name may stand in another part too: `type=bind,from=b`.
        let key = written.match_indices("from=").map(|(at, key)| at + key.len()).find(|at| {
            let rest = written.get(*at..).unwrap_or_default();
            rest.trim_start_matches(['"', '\'']).starts_with(from)
        });
        let at = key.and_then(|key| Some(key + written.get(key..)?.find(from)?)).unwrap_or_default() + start;
        let word = Word { text: from.to_owned(), ..Word::default() };
        let editable = self.lines.literal(at..at + from.len(), from);
        Some(Named { place: self.lines.place(at..at + from.len()), written: from.to_owned(), word, editable })
    }

    fn named(&self, value: &str, span: Range<usize>, values: &Values) -> Named {
        let span = self.shift + span.start..self.shift + span.end;
        let written = self.text.get(span.clone()).unwrap_or(value).to_owned();
        let word = expand(value, self.style(), values);
        let editable = self.lines.literal(span.clone(), value).or_else(|| origin(value, self.style(), values, &self.origins));
        Named { place: self.lines.place(span), written, word, editable }
    }

    fn problem(&self, error: &parse_dockerfile::Error) -> Problem {
        let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
        let column = u32::try_from(error.column()).unwrap_or(u32::MAX).max(1);
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let error = Error::of(ErrorKind::Invalid, "this is not a line of a Dockerfile")
            .because(why)
            .hint("correct the line; Docker stops at it too");
        Problem { place: Place { line, column, span: 0..0 }, error }
    }
}

/// That of the machine that builds is not known.
fn os_of(platform: Option<&str>) -> Os {
    platform.filter(|platform| !platform.starts_with(THE_BUILDERS)).map_or(Os::Unsaid, Os::of_platform)
}

/// The words of a line, at blanks outside quotes, and where they begin; quotes stay.
fn words_of(text: &str, escape: char) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let (mut begun, mut quote, mut is_escaped) = (None, None, false);
    for (at, character) in text.char_indices() {
        if is_escaped {
            is_escaped = false;
        } else if character == escape && quote != Some('\'') {
            is_escaped = true;
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && ['"', '\''].contains(&character) {
            quote = Some(character);
        } else if quote.is_none() && character.is_whitespace() {
            words.extend(begun.take().and_then(|start| Some((start, text.get(start..at)?))));
            continue;
        }
        begun = begun.or(Some(at));
    }
    words.extend(begun.and_then(|start| Some((start, text.get(start..)?))));
    words
}

#[cfg(test)]
mod tests;
