//! The format of an answer: `--format`.

use std::io::{self, Write};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::report::{Format, Page, Printed};

/// The choice among the formats of a report.
#[derive(clap::Args, Clone, Debug)]
pub struct FormatArgs<R: Printed> {
    #[arg(
        long,
        value_name = "FORMAT",
        help = format!("How to print the {}", R::CALLED),
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
    /// Writes the report in the format that was chosen.
    ///
    /// # Errors
    ///
    /// A stream that cannot be written.
    pub fn write(&self, report: &R, page: &Page<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.format.renderer.render(report, page, out)
    }
}
