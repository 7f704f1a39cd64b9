//! The formats of an answer: `--format` for standard output, and `--output` for files beside it.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::placed::written;
use crate::Error;
use crate::report::{Format, Page, Printed};

/// The choice among the formats of a report.
#[derive(clap::Args, Clone, Debug)]
pub struct FormatArgs<R: Printed> {
    #[arg(
        long,
        value_name = "FORMAT",
        help = format!("Format of the {} on standard output", R::CALLED),
        default_value = default_name::<R>(),
        value_parser = parser::<R>(),
    )]
    format: &'static Format<R>,
}

fn default_name<R: Printed>() -> Option<&'static str> {
    R::FORMATS.first().map(|format| format.name)
}

fn parser<R: Printed>() -> impl TypedValueParser<Value = &'static Format<R>> {
    let names = R::FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.about));
    PossibleValuesParser::new(names)
        .try_map(|name| R::FORMATS.iter().find(|format| format.name == name).ok_or("there is no such format"))
}

impl<R: Printed> FormatArgs<R> {
    /// The format of the same name for another report.
    ///
    /// # Errors
    ///
    /// A report that has none of this name.
    pub fn for_report<O: Printed>(&self) -> Result<FormatArgs<O>, Error> {
        Ok(FormatArgs { format: named(self.format.name)? })
    }

    /// True if people read every failure in the format that was chosen.
    pub const fn is_for_people(&self) -> bool {
        self.format.for_people
    }

    /// The format that was chosen.
    pub const fn chosen(&self) -> &'static Format<R> {
        self.format
    }

    /// Writes the report in the format that was chosen.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written.
    pub fn write(&self, report: &R, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        // Standard output is written at every line feed, and a document has hundreds of thousands of lines.
        let mut out = BufWriter::with_capacity(BUFFER, out);
        self.format.renderer.render(report, page, &mut out)?;
        out.flush()
    }
}

/// The format of this name.
fn named<R: Printed>(name: &str) -> Result<&'static Format<R>, Error> {
    R::FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let names: Vec<&str> = R::FORMATS.iter().map(|format| format.name).collect();
        Error::new(format!("this {} cannot be written as {name}", R::CALLED)).hint(format!("use one of {}", names.join(", ")))
    })
}

/// The bytes of a report that are written at once.
const BUFFER: usize = 64 * 1024;

/// Further reports in files.
#[derive(clap::Args, Clone, Debug)]
pub struct OutputArgs<R: Printed> {
    /// Also write a report to a file; can be given several times. The ending of the file decides the format (report.json), or name it:
    /// json=FILE.
    #[arg(short, long = "output", value_name = "[FORMAT=]FILE", value_parser = output::<R>)]
    outputs: Vec<Output<R>>,
}

/// One value of `--output`.
#[derive(Debug)]
struct Output<R: 'static> {
    format: &'static Format<R>,
    file: PathBuf,
}

// Not derived: a format can be copied whatever the report is.
impl<R> Clone for Output<R> {
    fn clone(&self) -> Self {
        Self { format: self.format, file: self.file.clone() }
    }
}

fn output<R: Printed>(text: &str) -> Result<Output<R>, String> {
    let named = text.split_once('=').and_then(|(name, file)| {
        let format = R::FORMATS.iter().find(|format| format.name == name)?;
        Some(Output { format, file: file.into() })
    });
    // With a mistake in it, the name of a format would be taken for the beginning of a file's.
    if named.is_none()
        && let Some((name, file)) = text.split_once('=')
        && let Some(meant) = R::FORMATS.iter().find(|format| strsim::damerau_levenshtein(format.name, name) == 1)
    {
        return Err(format!("`{name}` is not a format; did you mean {}={file}?", meant.name));
    }
    let output = named.or_else(|| {
        let lower = text.to_ascii_lowercase();
        let ends = |format: &&Format<R>| {
            format.endings.iter().any(|ending| lower.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.')))
        };
        // The longest ending wins: `.sarif.json` over `.json`.
        let longest = |format: &&Format<R>| {
            format.endings.iter().filter(|ending| lower.ends_with(*ending)).map(|ending| ending.len()).max()
        };
        let format = R::FORMATS.iter().filter(ends).max_by_key(longest)?;
        Some(Output { format, file: text.into() })
    });
    match output {
        Some(output) if output.file.as_os_str().is_empty() => Err("the name of the file is missing".to_owned()),
        Some(output) => Ok(output),
        None => {
            let names: Vec<&str> = R::FORMATS.iter().map(|format| format.name).collect();
            if names.contains(&text) {
                return Err(format!(
                    "the name of the file is missing: write {text}=FILE, or --format {text} for standard output"
                ));
            }
            Err(format!("the ending names no format; write FORMAT=FILE with one of {}", names.join(", ")))
        }
    }
}

impl<R: Printed> OutputArgs<R> {
    /// The formats of the files, each once, after this one.
    pub fn formats(&self, first: &'static Format<R>) -> Vec<&'static Format<R>> {
        let mut formats = vec![first];
        for output in &self.outputs {
            if !formats.iter().any(|known| known.name == output.format.name) {
                formats.push(output.format);
            }
        }
        formats
    }

    /// The files with the formats of the same names for another report.
    ///
    /// # Errors
    ///
    /// A format that the report does not have.
    pub fn for_report<O: Printed>(&self) -> Result<OutputArgs<O>, Error> {
        let one = |output: &Output<R>| Ok(Output { format: named(output.format.name)?, file: output.file.clone() });
        Ok(OutputArgs { outputs: self.outputs.iter().map(one).collect::<Result<_, Error>>()? })
    }

    /// The files that were named.
    pub fn files(&self) -> Vec<&Path> {
        self.outputs.iter().map(|output| output.file.as_path()).collect()
    }

    /// Writes the report to every file that was named, and returns the errors about those that cannot be written.
    pub fn write(&self, report: &R, page: &Page<'_>) -> Vec<Error> {
        let one = |output: &Output<R>| {
            // Colours are for terminals.
            let render = |out: &mut (dyn Write + 'static)| {
                output.format.renderer.render(report, page, &mut anstream::StripStream::new(out))
            };
            let error = written(&output.file, render).err()?;
            Some(
                Error::new(format!("the report cannot be written to {}", output.file.display()))
                    .because(error)
                    .hint("name a file in a folder that exists and that you may write to"),
            )
        };
        self.outputs.iter().filter_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;

    #[test]
    fn the_ending_or_a_name_decides_the_format() {
        let chosen = |text: &str| output::<Report>(text).map(|output| (output.format.name, output.file.display().to_string()));
        assert_eq!(chosen("out/Report.JSON"), Ok(("json", "out/Report.JSON".to_owned())));
        assert_eq!(chosen("table=report"), Ok(("table", "report".to_owned())));
        assert_eq!(chosen("a=b.json"), Ok(("json", "a=b.json".to_owned())));
        assert!(chosen("report").unwrap_err().contains("table, matrix"));
        assert!(chosen("json=").unwrap_err().contains("missing"));
        assert!(chosen("jnuit=out.xml").unwrap_err().ends_with("did you mean junit=out.xml?"));
        assert!(chosen("json").unwrap_err().contains("--format json for standard output"));
    }
}
