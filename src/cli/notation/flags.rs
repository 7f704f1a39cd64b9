//! The notations of `docker run`'s flags: folders, ports, sizes, shares of a processor, environment variables.

use std::collections::BTreeMap;

use crate::hcs::documents::{self, Cpus, Mount, Pipe, PortMapping, Protocol};

/// The value of `-v`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volume {
    /// A folder.
    Folder(Mount),
    /// A named pipe.
    Pipe(Pipe),
}

/// Reads `HOST:CONTAINER[:ro|:rw]`, e.g. `C:\src:C:\app:ro`, or the same with two named pipes.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn volume(text: &str) -> Result<Volume, String> {
    let form = "write HOST:CONTAINER[:ro], e.g. C:\\src:C:\\app:ro";
    if let Some(pipe) = text.strip_prefix(PIPES) {
        let (host, container) = pipe.split_once(':').ok_or(form)?;
        let name =
            container.strip_prefix(PIPES).ok_or("a named pipe goes to a named pipe: \\\\.\\pipe\\NAME:\\\\.\\pipe\\NAME")?;
        if host.is_empty() || name.is_empty() || name.contains(':') {
            return Err(form.to_owned());
        }
        return Ok(Volume::Pipe(Pipe { host: format!("{PIPES}{host}"), container: name.to_owned() }));
    }
    let (host, rest) = split_path(text).ok_or(form)?;
    let (container, mode) = match split_path(rest) {
        Some((container, mode)) => (container, mode),
        None => (rest, "rw"),
    };
    let read_only = match mode {
        "ro" => true,
        "rw" => false,
        _ => return Err(format!("`{mode}` is neither ro nor rw; {form}")),
    };
    if !is_windows_path(container) {
        return Err(format!("`{container}` is not a folder of a container; {form}"));
    }
    if !host.contains(['/', '\\', '.']) {
        return Err(format!("`{host}` is the name of a volume, and named volumes are not supported; give a folder: {form}"));
    }
    Ok(Volume::Folder(Mount { host: host.to_owned(), container: container.replace('/', "\\"), read_only }))
}

const PIPES: &str = "\\\\.\\pipe\\";

/// Splits at the first colon that does not belong to a drive letter.
fn split_path(text: &str) -> Option<(&str, &str)> {
    let drive = if is_windows_path(text) { 2 } else { 0 };
    let colon = drive + text.get(drive..)?.find(':')?;
    (colon > 0).then(|| (text.get(..colon).unwrap_or_default(), text.get(colon + 1..).unwrap_or_default()))
}

/// True if it begins like `C:\` or `C:/`.
fn is_windows_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes, [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// Reads `HOST:CONTAINER[/tcp|/udp]`, or the same with two ranges of one length: `8080:80`, `8000-8003:80-83/udp`.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn publish(text: &str) -> Result<Vec<PortMapping>, String> {
    let form = "write HOST:CONTAINER[/tcp|/udp], e.g. 8080:80";
    let (ports, protocol) = match text.split_once('/') {
        None | Some((_, "tcp")) => (text.split('/').next().unwrap_or_default(), Protocol::Tcp),
        Some((ports, "udp")) => (ports, Protocol::Udp),
        Some((_, other)) => return Err(format!("`{other}` is neither tcp nor udp; {form}")),
    };
    let (host, container) = ports
        .split_once(':')
        .filter(|(host, _)| !host.is_empty())
        .ok_or_else(|| format!("the port of the host is missing: {form}"))?;
    if container.contains(':') {
        return Err(format!("a port is published on all addresses of the host; {form}"));
    }
    let (host, container) = (range(host)?, range(container)?);
    if host.len() != container.len() {
        return Err(format!("{} ports of the host go to {} of the container; {form}", host.len(), container.len()));
    }
    Ok(host.zip(container).map(|(host, container)| PortMapping { host, container, protocol }).collect())
}

/// `80` or `80-83`.
fn range(text: &str) -> Result<std::ops::RangeInclusive<u16>, String> {
    let port = |text: &str| match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("`{text}` is not a port: those are 1 to 65535")),
    };
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (port(first)?, port(last)?),
        None => (port(text)?, port(text)?),
    };
    if first <= last { Ok(first..=last) } else { Err(format!("the range {text} runs backwards")) }
}

/// Reads the computer name of a container.
///
/// # Errors
///
/// The mistake.
pub fn host_name(text: &str) -> Result<String, String> {
    documents::host_name(text).map(|()| text.to_owned()).map_err(|invalid| invalid.to_string())
}

/// Reads a size of memory as Docker does: a number, then `b`, `k`, `m`, `g` or `t`, bytes if nothing is said. The answer is in MiB,
/// rounded up.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn memory(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size: write e.g. 512m or 2g");
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let shift = match lower.get(digits.len()..).unwrap_or_default() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return Err(wrong()),
    };
    let number: u64 = digits.parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(1 << shift).ok_or_else(wrong)?;
    if bytes < 4 << 20 {
        return Err(format!("`{text}` is less than the 4 MiB that a container needs at least; write e.g. 512m"));
    }
    Ok(bytes.div_ceil(1 << 20))
}

/// Reads a number of processors with up to three digits behind the point, e.g. `1.5`.
///
/// # Errors
///
/// The mistake, and the right form.
pub fn cpus(text: &str) -> Result<Cpus, String> {
    let wrong = || format!("`{text}` is not a number of processors: write e.g. 2 or 0.5");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(wrong());
    }
    let whole: u32 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    let thousandths: u32 = format!("{fraction:0<3}").parse().map_err(|_| wrong())?;
    let all = whole.checked_mul(1000).and_then(|whole| whole.checked_add(thousandths)).ok_or_else(wrong)?;
    Cpus::from_thousandths(all).ok_or_else(wrong)
}

/// Environment variables, later ones in the place of earlier ones. To Windows, names that differ by case alone are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// By the name in capitals: the name as it was first written, and the value.
    variables: BTreeMap<String, (String, String)>,
}

impl Environment {
    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) {
        let entry = self.variables.entry(name.to_uppercase()).or_insert_with(|| (name.to_owned(), String::new()));
        value.clone_into(&mut entry.1);
    }

    /// `NAME=value`; `NAME` alone takes the value that `outer` has for it, and is left out where it has none, as with Docker.
    ///
    /// # Errors
    ///
    /// A text without a name.
    pub fn add(&mut self, text: &str, outer: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, outer(text)),
        };
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err(format!("`{text}` is not an environment variable: write NAME=value"));
        }
        if let Some(value) = value {
            self.set(name, &value);
        }
        Ok(())
    }

    /// The lines of an `--env-file`: a variable each as for [`Self::add`], `#` begins a comment line, empty lines are left out.
    ///
    /// # Errors
    ///
    /// The first wrong line, with its number.
    pub fn add_file(&mut self, text: &str, outer: &dyn Fn(&str) -> Option<String>) -> Result<(), String> {
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = line.trim_start();
            if !line.is_empty() && !line.starts_with('#') {
                self.add(line, outer).map_err(|why| format!("line {}: {why}", number + 1))?;
            }
        }
        Ok(())
    }

    /// These variables over others, e.g. those of an image.
    #[must_use]
    pub fn over(self, others: &[String]) -> Self {
        let mut both = Self::default();
        for variable in others {
            // A line of an image that is not a variable is left out.
            let _ = both.add(variable, &|_| None);
        }
        for (name, value) in self.variables.into_values() {
            both.set(&name, &value);
        }
        both
    }

    /// The names of variables with an empty value.
    pub fn empty(&self) -> impl Iterator<Item = &str> {
        self.variables.values().filter(|(_, value)| value.is_empty()).map(|(name, _)| name.as_str())
    }

    /// Every variable once.
    pub fn into_map(self) -> BTreeMap<String, String> {
        self.variables.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(host: &str, container: &str, read_only: bool) -> Result<Volume, String> {
        Ok(Volume::Folder(Mount { host: host.into(), container: container.into(), read_only }))
    }

    #[test]
    fn volumes() {
        assert_eq!(volume("C:\\src:C:\\src:ro"), folder("C:\\src", "C:\\src", true));
        assert_eq!(volume("C:\\src:D:/x"), folder("C:\\src", "D:\\x", false));
        assert_eq!(volume("\\\\server\\share:C:\\x:rw"), folder("\\\\server\\share", "C:\\x", false));
        assert_eq!(volume(".:C:\\x"), folder(".", "C:\\x", false));
        assert_eq!(volume("/src:C:\\x"), folder("/src", "C:\\x", false));
        assert_eq!(
            volume("\\\\.\\pipe\\docker_engine:\\\\.\\pipe\\inner"),
            Ok(Volume::Pipe(Pipe { host: "\\\\.\\pipe\\docker_engine".into(), container: "inner".into() }))
        );
        for wrong in [
            "",
            ":",
            "C:\\src",
            "C:\\src:",
            "C:\\a:C:\\b:",
            "C:\\a:C:\\b:x",
            "C:\\a:b",
            "C:\\a:/b",
            "data:C:\\x",
            ":C:\\x",
            "\\\\.\\pipe\\a:C:\\b",
            "\\\\.\\pipe\\a",
            "C:\\a:C:\\b:ro:ro",
            "D::E:",
        ] {
            assert!(volume(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports() {
        let mapping = |host, container, protocol| PortMapping { host, container, protocol };
        assert_eq!(publish("8080:80").unwrap(), [mapping(8080, 80, Protocol::Tcp)]);
        assert_eq!(publish("53:53/udp").unwrap(), [mapping(53, 53, Protocol::Udp)]);
        assert_eq!(publish("1-2:8-9/tcp").unwrap(), [mapping(1, 8, Protocol::Tcp), mapping(2, 9, Protocol::Tcp)]);
        assert_eq!(publish("1-65535:1-65535").unwrap().len(), 65_535);
        for wrong in
            ["", "80", "0:80", "80:0", "65536:1", "1-2:3", "2-1:2-1", "80:80/sctp", "127.0.0.1:80:80", "a:b", "80:80/", "+1:1x"]
        {
            assert!(publish(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_and_shares() {
        assert_eq!(memory("512m"), Ok(512));
        assert_eq!(memory("2G"), Ok(2048));
        assert_eq!(memory("4194305"), Ok(5));
        assert_eq!(memory("8192k"), Ok(8));
        for wrong in ["", "m", "-1g", "1x", "1.5g", "99999999999t", "0", "1m"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
        assert_eq!(cpus("1.5").ok(), Cpus::from_thousandths(1500));
        assert_eq!(cpus(".25").ok(), Cpus::from_thousandths(250));
        assert_eq!(cpus("2").ok(), Cpus::from_thousandths(2000));
        for wrong in ["", "0", "0.000", "-1", "1.", "1.2345", "x", "1e3", "4294968"] {
            assert!(cpus(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_later_variable_takes_the_place_of_one_that_windows_calls_the_same() {
        let outer = |name: &str| (name == "FROM_OUTSIDE").then(|| "outer".to_owned());
        let mut environment = Environment::default();
        environment.set("Path", "C:\\Windows");
        environment.add("PATH=C:\\app", &outer).unwrap();
        environment.add("EMPTY=", &outer).unwrap();
        environment.add("FROM_OUTSIDE", &outer).unwrap();
        environment.add("NOT_THERE", &outer).unwrap();
        environment.add_file("\u{feff}# comment\r\n\r\n  A=b=c \r\nFROM_OUTSIDE\n", &outer).unwrap();
        let expected = [("A", "b=c "), ("EMPTY", ""), ("FROM_OUTSIDE", "outer"), ("Path", "C:\\app")];
        assert_eq!(environment.clone().into_map(), expected.map(|(name, value)| (name.into(), value.into())).into());
        let image = ["path=C:\\Image", "B=image", "A=image", "no variable"].map(str::to_owned);
        let over = [("A", "b=c "), ("B", "image"), ("EMPTY", ""), ("FROM_OUTSIDE", "outer"), ("path", "C:\\app")];
        let over = over.map(|(name, value)| (name.into(), value.into())).into();
        assert_eq!(environment.clone().over(&image).into_map(), over);
        for wrong in ["", "=x", "A B=c"] {
            assert!(environment.add(wrong, &outer).is_err(), "{wrong}");
        }
        assert!(environment.add_file("A=1\nB B=2", &outer).unwrap_err().starts_with("line 2: "));
    }

    #[test]
    fn a_host_name_of_three_hundred_letters_is_refused_before_anything_is_pulled() {
        assert_eq!(host_name("web-1"), Ok("web-1".to_owned()));
        for wrong in ["a".repeat(300).as_str(), "", "-a", "a.b", "a\0", "ä"] {
            assert!(host_name(wrong).unwrap_err().contains("1 to 63"), "{wrong}");
        }
    }
}
