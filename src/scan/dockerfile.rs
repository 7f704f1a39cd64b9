//! Dockerfiles: the bases of stages, and the images that files are copied from or mounted.

mod heredocs;
mod source;
mod stages;
mod uses;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use parse_dockerfile::{Flag, FromInstruction, Instruction};

pub use self::source::Source;
use self::source::{Parsed, TEMPLATE, is_placeholder};
pub use self::uses::Use;
use super::origin::{Origins, default_of, mentioned, origin, texts_between};
use super::words::{Style, Values, Word, expand};
use super::{Asked, Editable, Lands, Meant, Os, Place, Problem, Scanned, processor_of};
use crate::{Architecture, Error, ErrorKind};

/// What is known of a build besides its Dockerfile.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The values of arguments, from the command line or from the file that builds it.
    pub arguments: Values,
    /// Arguments that the file which builds it gives a value that is not known, with what is known of it.
    pub open: BTreeMap<String, Meant>,
    /// The expression for all other arguments, as it is written, where it cannot be evaluated.
    pub rest: Option<String>,
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
    /// The processor that it is built for, if one is named.
    pub processor: Option<Architecture>,
    /// The hosts that what is built can land on.
    pub lands: Lands,
    /// The isolation that what is built is started in, as far as the file asks for one.
    pub started_in: Option<Asked>,
    /// The isolation that the commands of the build run in, as far as the file asks for one.
    pub built_in: Option<Asked>,
    /// True for that of a service of Compose, which has a key `isolation` for each of the two.
    pub is_of_service: bool,
    /// True for what others complete: an argument that it does not give is theirs.
    pub is_template: bool,
}

/// What was read of a Dockerfile as it is built.
#[derive(Debug, Default)]
pub struct Reading {
    /// What it says.
    pub scanned: Scanned,
    /// The uses of arguments.
    pub uses: Vec<Use>,
    /// The stage that is asked for and is not there, so that nothing is built.
    pub missing: Option<String>,
}

/// The variables that a builder sets by itself to what the machine that builds is, and to what is asked of it: a word that no platform is.
///
/// Source: BuildKit, `platform.go`.
const BUILDER: [&str; 7] =
    ["BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDOSVERSION", "BUILDVARIANT", "TARGETOSVERSION", "TARGETSTAGE"];

/// What stands in the place of the platform of the machine that builds.
const THE_BUILDERS: &str = "{build}";

/// The image without files.
const SCRATCH: &str = "scratch";

/// Reads a Dockerfile as it is built.
pub fn read(text: &str, build: &Build) -> Reading {
    Source::of(text).parsed().read(build)
}

/// The error about a stage that a build asks for and that its Dockerfile does not have.
pub fn no_stage(build: &Build, target: &str, dockerfile: &str) -> Error {
    let object = build.object.as_deref().unwrap_or("the build");
    Error::of(ErrorKind::Invalid, format!("{object} asks for the target {target}, and {dockerfile} has no such stage"))
        .because("Docker stops with `target stage … could not be found`")
        .hint("name a stage of the Dockerfile, or leave the target out")
}

impl Parsed<'_> {
    /// Reads it as it is built, with the uses of arguments.
    pub fn read(&self, build: &Build) -> Reading {
        if let Some(why) = self.left_out {
            return left_out(why);
        }
        let mut file = File {
            source: self.source,
            values: set_by_builder(build)
                .map(|(name, value)| {
                    let given = build.arguments.get(&name).cloned();
                    (name, given.unwrap_or(value))
                })
                .collect(),
            open: BTreeMap::new(),
            declared: BTreeSet::new(),
            origins: Origins::new(),
            stages: Vec::new(),
            names: HashMap::new(),
            uses: Vec::new(),
            refused: Vec::new(),
            build,
        };
        self.instructions.iter().for_each(|instruction| file.take(instruction));
        if file.stages.iter().any(|stage| is_placeholder(&stage.base.written)) {
            return left_out(TEMPLATE);
        }
        // Behind a line that is not read there may be more stages.
        if self.broken.is_none() {
            file.refuse_sources();
        }
        let missing = file.missing_target().filter(|_| self.broken.is_none() && !file.stages.is_empty()).map(str::to_owned);
        let found = if missing.is_some() { Vec::new() } else { file.found() };
        let mut scanned = Scanned { found, ..Scanned::default() };
        file.add_references(&scanned.found);
        scanned.problems = file.refused;
        scanned.problems.extend(self.broken.clone());
        if file.stages.is_empty() && scanned.problems.is_empty() {
            let error = Error::of(ErrorKind::Invalid, "the Dockerfile has no FROM").hint("add a FROM, or leave the file out");
            scanned.problems.push(Problem { place: self.source.lines.place(0..0), error });
        }
        Reading { scanned, uses: file.uses, missing }
    }
}

fn left_out(why: &str) -> Reading {
    let scanned = Scanned { left_out: Some(why.to_owned()), ..Scanned::default() };
    Reading { scanned, ..Reading::default() }
}

/// The variables that a builder sets by itself, and their values: for an image for Windows on amd64, unless the build is for something else.
/// What the machine that builds is, is not known.
fn set_by_builder(build: &Build) -> impl Iterator<Item = (String, String)> {
    let system = if build.os == Os::Other { "linux" } else { "windows" };
    let processor = build.processor.unwrap_or(Architecture::Amd64).as_str();
    let target = [
        ("TARGETPLATFORM", format!("{system}/{processor}")),
        ("TARGETOS", system.to_owned()),
        ("TARGETARCH", processor.to_owned()),
        ("TARGETVARIANT", String::new()),
    ];
    let of_builder = BUILDER.map(|name| (name, THE_BUILDERS.to_owned()));
    target.into_iter().chain(of_builder).map(|(name, value)| (name.to_owned(), value))
}

struct File<'t> {
    source: &'t Source<'t>,
    /// The values that a `FROM` sees: those that a builder sets, and the arguments before the first stage.
    values: Values,
    /// Those among them whose values are not known, with what is known of them.
    open: BTreeMap<String, Meant>,
    /// The names of the arguments before the first stage: a `FROM` sees no others.
    declared: BTreeSet<String>,
    /// Where values stand that are plain text.
    origins: Origins,
    stages: Vec<Stage>,
    /// The stages of each name.
    names: HashMap<String, Vec<usize>>,
    /// The uses of arguments so far.
    uses: Vec<Use>,
    /// What Docker does not build, though every line can be read.
    refused: Vec<Problem>,
    build: &'t Build,
}

struct Stage {
    name: Option<String>,
    base: Named,
    os: Os,
    processor: Option<Architecture>,
    /// True if its `FROM` names a platform: it does not have that of the build.
    has_platform: bool,
    /// True if commands run in it.
    runs: bool,
    /// The images and stages that files come from.
    sources: Vec<Named>,
    /// What `ONBUILD` leaves to the stages that are made from it.
    left: Left,
}

/// What instructions behind `ONBUILD` do.
#[derive(Clone, Default)]
struct Left {
    runs: bool,
    sources: Vec<Named>,
}

/// A reference, or the name of a stage or context.
#[derive(Clone)]
struct Named {
    place: Place,
    written: String,
    word: Word,
    editable: Option<Editable>,
    /// The texts between its variables.
    texts: Vec<Editable>,
    /// True where a number means a stage: in `COPY --from` alone.
    takes_number: bool,
}

impl Named {
    /// True for the number of a stage, whether there is one or not.
    fn is_number(&self) -> bool {
        self.takes_number && self.word.missing.is_empty() && self.word.text.parse::<i64>().is_ok()
    }

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
            Instruction::Onbuild(onbuild) => {
                let runs = matches!(*onbuild.instruction, Instruction::Run(_));
                let sources = self.sources_of(&onbuild.instruction);
                if let Some(stage) = self.stages.last_mut() {
                    stage.left.runs |= runs;
                    stage.left.sources.extend(sources);
                }
            }
            _ => {
                let runs = matches!(instruction, Instruction::Run(_));
                let sources = self.sources_of(instruction);
                if let Some(stage) = self.stages.last_mut() {
                    stage.runs |= runs;
                    stage.sources.extend(sources);
                }
            }
        }
    }

    /// The images and stages that files come from by this instruction.
    fn sources_of(&mut self, instruction: &Instruction<'_>) -> Vec<Named> {
        match instruction {
            Instruction::Run(run) => run.options.iter().filter_map(|flag| self.mounted(flag)).collect(),
            Instruction::Copy(copy) => copy.options.iter().filter_map(|flag| self.copied(flag)).collect(),
            _ => Vec::new(),
        }
    }

    /// `NAME=VALUE NAME …` of an argument before the first stage.
    fn arguments_of(&mut self, text: &str, span: Range<usize>) {
        for (_, word) in words_of(text, self.source.escape) {
            let (name, default) = word.split_once('=').map_or((word, None), |(name, default)| (name, Some(default)));
            self.declared.insert(name.to_owned());
            let given = self.build.arguments.get(name).cloned();
            let open = if given.is_some() { None } else { self.open_argument(name) };
            let own = default.filter(|_| given.is_none() && open.is_none());
            mentioned(default.unwrap_or_default()).for_each(|used| self.uses.push(self.use_of(used, &span)));
            let expanded = own.map(|default| expand(default, self.style(), &self.values));
            // A default that rests on what nobody gives is not a value.
            let open = open.or_else(|| mentioned(own?).find_map(|used| self.open.get(used).cloned()));
            let expanded = expanded.filter(|word| word.missing.is_empty() && open.is_none());
            let value = given.or_else(|| expanded.map(|word| word.text));
            self.origins.remove(name);
            if let Some(origin) = self.build.origins.get(name).filter(|_| self.build.arguments.contains_key(name)) {
                self.origins.insert(name.to_owned(), origin.clone());
            }
            if let Some(own) = own.map(|own| own.trim_matches(['"', '\''])).filter(|own| value.as_deref() == Some(*own)) {
                self.default_of(name, own, span.clone());
            }
            // One that is only declared has the value that a builder sets.
            let value = value.or_else(|| set_by_builder(self.build).find(|(set, _)| set == name).map(|(_, value)| value));
            match value {
                Some(value) => self.values.insert(name.to_owned(), value),
                None => self.values.remove(name),
            };
            match open {
                Some(open) => self.open.insert(name.to_owned(), open),
                None => self.open.remove(name),
            };
        }
    }

    /// What is known of an argument that the file which builds it gives a value that is not known.
    fn open_argument(&self, name: &str) -> Option<Meant> {
        let of_rest = || {
            let expression = self.build.rest.clone().filter(|_| set_by_builder(self.build).all(|(set, _)| set != name))?;
            Some(Meant::Unevaluated { name: name.to_owned(), expression })
        };
        self.build.open.get(name).cloned().or_else(of_rest)
    }

    /// Notes where a default stands: behind its name, once.
    fn default_of(&mut self, name: &str, default: &str, span: Range<usize>) {
        let shift = self.source.shift;
        let span = shift + span.start..shift + span.end;
        let text = self.source.text.get(span.clone()).unwrap_or_default();
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
                    is_bare: false,
                };
                self.origins.insert(name.to_owned(), origin);
                return;
            }
        }
    }

    const fn style(&self) -> Style {
        Style::Dockerfile { escape: self.source.escape }
    }

    fn stage(&mut self, from: &FromInstruction<'_>) {
        let platform = from.options.iter().find(|flag| flag.name.value.eq_ignore_ascii_case("platform"));
        let platform = platform.and_then(|flag| flag.value.as_ref());
        for (name, value) in platform.into_iter().flat_map(|value| mentioned(&value.value).map(move |name| (name, value))) {
            self.uses.push(self.use_of(name, &value.span));
        }
        let platform = platform.map(|value| expand(&value.value, self.style(), &self.values).text);
        let base = self.named(&from.image.value, from.image.span.clone());
        let name = from.as_.as_ref().map(|(_, name)| name.value.to_lowercase());
        if let Some(name) = &name {
            self.names.entry(name.clone()).or_default().push(self.stages.len());
        }
        // What `ONBUILD` says in a stage is done first in those that are made from it. For other builds it is their own.
        let base_stage = self.earlier(&base, self.stages.len()).and_then(|index| self.stages.get(index));
        let Left { runs, sources } = base_stage.map(|stage| stage.left.clone()).unwrap_or_default();
        let has_platform = platform.is_some();
        // That of the machine that builds is not known.
        let platform = platform.as_deref().filter(|platform| !platform.starts_with(THE_BUILDERS));
        self.stages.push(Stage {
            name,
            base,
            os: platform.map_or(Os::Unsaid, Os::of_platform),
            processor: platform.and_then(processor_of),
            has_platform,
            runs,
            sources,
            left: Left::default(),
        });
    }

    /// `COPY --from=`, in which no variable is expanded.
    fn copied(&mut self, flag: &Flag<'_>) -> Option<Named> {
        let value = flag.value.as_ref().filter(|_| flag.name.value.eq_ignore_ascii_case("from"))?;
        let shift = self.source.shift;
        let span = shift + value.span.start..shift + value.span.end;
        let written = self.source.text.get(span.clone()).unwrap_or(&value.value).to_owned();
        let word = expand(&value.value, self.style(), &Values::new());
        if value.value.contains('$') && word.text != *value.value {
            self.refuse(&value.value, span);
            return None;
        }
        let editable = self.source.lines.literal(span.clone(), &value.value);
        Some(Named { place: self.source.lines.place(span), written, word, editable, texts: Vec::new(), takes_number: true })
    }

    /// `RUN --mount=type=bind,from=…`, in which no variable is expanded.
    fn mounted(&mut self, flag: &Flag<'_>) -> Option<Named> {
        let value = flag.value.as_ref().filter(|_| flag.name.value.eq_ignore_ascii_case("mount"))?;
        let from = value.value.split(',').find_map(source_of_mount)?;
        let start = self.source.shift + value.span.start;
        let written = self.source.text.get(start..self.source.shift + value.span.end).unwrap_or_default();
        // The name may stand in another part too: `type=bind,from=b`.
        let lower = written.to_ascii_lowercase();
        let key = lower.match_indices("from=").map(|(at, key)| at + key.len()).find(|at| {
            let rest = written.get(*at..).unwrap_or_default();
            rest.trim_start_matches(['"', '\'']).starts_with(from)
        });
        let at = key.and_then(|key| Some(key + written.get(key..)?.find(from)?)).unwrap_or_default() + start;
        // A dollar at the end is a character.
        if from.strip_suffix('$').unwrap_or(from).contains('$') {
            self.refuse(from, at..at + from.len());
            return None;
        }
        let word = Word { text: from.to_owned(), ..Word::default() };
        let editable = self.source.lines.literal(at..at + from.len(), from);
        let place = self.source.lines.place(at..at + from.len());
        Some(Named { place, written: from.to_owned(), word, editable, texts: Vec::new(), takes_number: false })
    }

    /// Notes a variable where Docker takes none.
    fn refuse(&mut self, text: &str, span: Range<usize>) {
        let place = self.source.lines.place(span);
        let of = |name: &str| Use { name: name.to_owned(), line: place.line, reference: None, has_default: false };
        self.uses.extend(mentioned(text).map(of));
        let error = Error::of(ErrorKind::Invalid, "`from` takes no variable: Docker refuses to build this").hint(
            "give the image a stage of its own, `FROM IMAGE AS NAME` with an `ARG` before the first `FROM`, and write that name here",
        );
        self.refused.push(Problem { place, error });
    }

    /// The base of a stage.
    fn named(&self, value: &str, span: Range<usize>) -> Named {
        let span = self.source.shift + span.start..self.source.shift + span.end;
        let written = self.source.text.get(span.clone()).unwrap_or(value).to_owned();
        let word = expand(value, self.style(), &self.values);
        let literal = self.source.lines.literal(span.clone(), value);
        let is_open = mentioned(&written).any(|name| self.open.contains_key(name));
        let default = || default_of(self.source.text, &span, value, self.style(), &self.values).filter(|_| !is_open);
        let editable = literal.or_else(|| origin(value, self.style(), &self.values, &self.origins)).or_else(default);
        let texts = if is_open { Vec::new() } else { texts_between(self.source.text, &span, value, self.style(), &self.values) };
        Named { place: self.source.lines.place(span), written, word, editable, texts, takes_number: false }
    }
}

/// What `from=…` names, if this part of a mount is that. Its key may be in letters of any size, and quotes may stand around the whole.
fn source_of_mount(part: &str) -> Option<&str> {
    let quotes = ['"', '\''];
    let (key, from) = part.trim().trim_matches(quotes).split_once('=')?;
    key.eq_ignore_ascii_case("from").then(|| from.trim_matches(quotes))
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
