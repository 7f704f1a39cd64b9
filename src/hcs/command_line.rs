//! The one command line that a Windows process gets, from the list of arguments that an image or a user has.

/// The longest command line that `CreateProcess` takes, in UTF-16 units without the NUL at its end.
const LONGEST: usize = 32_766;

/// The characters that may end an unquoted part of a command line: the C runtime and `CommandLineToArgvW` know space and tab, and the latter
/// takes every control character for a blank after the name of the program.
const BLANKS: fn(char) -> bool = |character| character <= ' ';

/// The command of an image and of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Command<'a> {
    /// The image's `Entrypoint`, or what the user gave in its place (then the image's `Cmd` and `ArgsEscaped` do not count).
    pub entrypoint: &'a [String],
    /// The image's `Cmd`: used if the user gave no arguments.
    pub image_command: &'a [String],
    /// The user's arguments.
    pub arguments: &'a [String],
    /// The image's `ArgsEscaped`: the first element of its entrypoint or command is already a command line.
    pub args_escaped: bool,
}

/// The reason there is no command line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandLineError {
    /// Neither the image nor the user names a program.
    #[error("there is nothing to run: the image has no command and none was given")]
    Nothing,
    /// An argument with a NUL character.
    #[error("an argument holds a NUL character")]
    Nul,
    /// A program name with a quotation mark, which no command line can say.
    #[error("the name of the program holds a quotation mark")]
    QuotedProgram,
    /// Windows' limit for a command line.
    #[error("the command line is longer than 32,766 UTF-16 units")]
    TooLong,
}

impl Command<'_> {
    /// The command line, e.g. `cmd /c "echo %GREETING%"`: entrypoint, then the user's arguments or else the image's command.
    ///
    /// As containerd does it: with `ArgsEscaped`, where the first element comes from the image, that element is used verbatim.
    pub fn line(&self) -> Result<String, CommandLineError> {
        let rest = if self.arguments.is_empty() { self.image_command } else { self.arguments };
        let mut elements = self.entrypoint.iter().chain(rest).map(String::as_str);
        let first = elements.next().ok_or(CommandLineError::Nothing)?;
        let from_image = !self.entrypoint.is_empty() || self.arguments.is_empty();
        let mut line = String::new();
        if self.args_escaped && from_image {
            line.push_str(first);
        } else {
            if first.contains('"') {
                return Err(CommandLineError::QuotedProgram);
            }
            // In the name of the program a backslash is a plain character: Windows reads to the next quotation mark or blank.
            let quoted = first.is_empty() || first.contains(BLANKS);
            line.extend([if quoted { "\"" } else { "" }, first, if quoted { "\"" } else { "" }]);
        }
        for element in elements {
            line.push(' ');
            push_quoted(&mut line, element);
        }
        if line.trim().is_empty() {
            return Err(CommandLineError::Nothing);
        }
        if line.contains('\0') {
            return Err(CommandLineError::Nul);
        }
        if line.encode_utf16().count() > LONGEST { Err(CommandLineError::TooLong) } else { Ok(line) }
    }
}

/// Appends an argument so that `CommandLineToArgvW` gives it back: backslashes count only before a quotation mark, where they
/// are doubled; quotation marks are written `\"`; what is empty or has blanks stands in quotation marks.
fn push_quoted(line: &mut String, argument: &str) {
    let quoted = argument.is_empty() || argument.contains(BLANKS);
    if quoted {
        line.push('"');
    }
    let mut backslashes = 0;
    for character in argument.chars() {
        match character {
            '\\' => backslashes += 1,
            '"' => {
                line.extend(std::iter::repeat_n('\\', backslashes + 1));
                backslashes = 0;
            }
            _ => backslashes = 0,
        }
        line.push(character);
    }
    if quoted {
        line.extend(std::iter::repeat_n('\\', backslashes));
        line.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    fn user(arguments: &[&str]) -> Result<String, CommandLineError> {
        Command { arguments: &strings(arguments), ..Command::default() }.line()
    }

    /// `CommandLineToArgvW`, by its documentation: in the program name quotation marks only group; elsewhere 2n backslashes
    /// before a quotation mark are n and the mark groups, 2n+1 are n and the mark is literal; `""` within a group is a literal
    /// mark and ends the group.
    fn parse(line: &str) -> Vec<String> {
        let mut rest = line.chars().peekable();
        let mut program = String::new();
        let mut grouped = false;
        while let Some(character) = rest.next_if(|character| grouped || !matches!(character, ' ' | '\t')) {
            if character == '"' { grouped = !grouped } else { program.push(character) }
        }
        let mut arguments = vec![program];
        loop {
            while rest.next_if(|character| matches!(character, ' ' | '\t')).is_some() {}
            if rest.peek().is_none() {
                return arguments;
            }
            let mut argument = String::new();
            let mut grouped = false;
            while let Some(character) = rest.next_if(|character| grouped || !matches!(character, ' ' | '\t')) {
                if character == '\\' {
                    let mut count = 1;
                    while rest.next_if_eq(&'\\').is_some() {
                        count += 1;
                    }
                    let literal = if rest.peek() == Some(&'"') { count / 2 } else { count };
                    argument.extend(std::iter::repeat_n('\\', literal));
                    if literal != count && count % 2 == 1 {
                        argument.extend(rest.next());
                    }
                } else if character == '"' {
                    if grouped && rest.next_if_eq(&'"').is_some() {
                        argument.push('"');
                    }
                    grouped = !grouped;
                } else {
                    argument.push(character);
                }
            }
            arguments.push(argument);
        }
    }

    #[test]
    fn quotes_what_needs_it() {
        for (arguments, line) in [
            (&["cmd", "/c", "ping", "localhost", "-n", "100"][..], "cmd /c ping localhost -n 100"),
            (&["cmd", "/c", "echo %GREETING%"], r#"cmd /c "echo %GREETING%""#),
            (&["x", ""], r#"x """#),
            (&["x", "a\tb"], "x \"a\tb\""),
            (&["x", r"C:\dir\"], r"x C:\dir\"),
            (&["x", r"C:\my dir\"], r#"x "C:\my dir\\""#),
            (&["x", r#"say "hi""#], r#"x "say \"hi\"""#),
            (&["x", r#"a"b"#], r#"x a\"b"#),
            (&["x", r#"a\"b"#], r#"x a\\\"b"#),
            (&["x", r"a\\b"], r"x a\\b"),
            (&["x", "ä 日本"], "x \"ä 日本\""),
            (&["x", "a&b|c>d^e"], "x a&b|c>d^e"),
            (&[r"C:\Program Files\a.exe", "b"], r#""C:\Program Files\a.exe" b"#),
            (&[r"C:\my dir\", r"C:\my dir\"], r#""C:\my dir\" "C:\my dir\\""#),
            (&["a\nb.exe", "c\nd"], "\"a\nb.exe\" \"c\nd\""),
        ] {
            assert_eq!(user(arguments).as_deref(), Ok(line), "{arguments:?}");
        }
    }

    #[test]
    fn windows_gives_every_argument_back() {
        // All arguments of up to six of these characters: 19,530.
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..6 {
            let extend = |text: &String| ['a', ' ', '"', '\\', '\t'].map(|next| format!("{text}{next}"));
            last = last.iter().flat_map(extend).collect();
            all.extend_from_slice(&last);
        }
        assert_eq!(all.len(), 19_531);
        for argument in all {
            let list = [r"C:\a b\x.exe", &argument, "end"];
            let line = user(&list).unwrap();
            assert_eq!(parse(&line), list, "{line}");
        }
    }

    #[test]
    fn the_parser_of_this_test_is_the_documented_one() {
        // The examples of Microsoft's documentation.
        for (line, arguments) in [
            (r#"x "abc" d e"#, &["x", "abc", "d", "e"][..]),
            (r#"x a\\b d"e f"g h"#, &["x", r"a\\b", "de fg", "h"]),
            (r#"x a\\\"b c d"#, &["x", r#"a\"b"#, "c", "d"]),
            (r#"x a\\\\"b c" d e"#, &["x", r"a\\b c", "d", "e"]),
        ] {
            assert_eq!(parse(line), arguments, "{line}");
        }
    }

    #[test]
    fn the_image_says_what_the_user_does_not() {
        let entrypoint = strings(&["app.exe", "--serve"]);
        let command = strings(&["two words"]);
        let escaped = strings(&[r#"cmd /S /C "echo hi""#, "two words"]);
        let typed = strings(&["typed it"]);
        let none = Vec::new();
        for (entrypoint, image_command, arguments, args_escaped, line) in [
            (&entrypoint, &command, &none, false, r#"app.exe --serve "two words""#),
            (&entrypoint, &command, &typed, false, r#"app.exe --serve "typed it""#),
            (&none, &command, &typed, false, r#""typed it""#),
            (&none, &escaped, &none, true, r#"cmd /S /C "echo hi" "two words""#),
            (&escaped, &none, &typed, true, r#"cmd /S /C "echo hi" "two words" "typed it""#),
            // What the user typed is never a command line already.
            (&none, &escaped, &typed, true, r#""typed it""#),
        ] {
            let command = Command { entrypoint, image_command, arguments, args_escaped };
            assert_eq!(command.line().as_deref(), Ok(line));
        }
    }

    #[test]
    fn refuses_what_no_command_line_can_say() {
        for (arguments, error) in [
            (&[][..], CommandLineError::Nothing),
            (&["x", "a\0b"], CommandLineError::Nul),
            (&[r#"a"b"#], CommandLineError::QuotedProgram),
            (&["x", &"a".repeat(32_765)], CommandLineError::TooLong),
            (&["x", &"\u{1F4A9}".repeat(16_383)], CommandLineError::TooLong),
        ] {
            assert_eq!(user(arguments), Err(error));
        }
        assert_eq!(user(&["x", &"a".repeat(32_764)]).map(|line| line.len()), Ok(32_766));
        let blank = strings(&["  "]);
        let command = Command { image_command: &blank, args_escaped: true, ..Command::default() };
        assert_eq!(command.line(), Err(CommandLineError::Nothing));
    }
}
