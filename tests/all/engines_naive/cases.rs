//! Random indexes, most of them sensible.

use super::{Entry, Machine, Platform};

pub(super) const BUILDS: [u32; 20] = [
    14393, 16299, 17134, 17763, 18362, 18363, 19041, 19042, 19044, 19045, 20348, 20349, 22000, 22621, 22631, 25398, 26100, 26200,
    26300, 28000,
];

pub(super) fn one_of<'a, T>(random: &mut fastrand::Rng, of: &'a [T]) -> &'a T {
    &of[random.usize(..of.len())]
}

/// An `os.version`, mostly a good one.
pub(super) fn os_version(random: &mut fastrand::Rng, machine: Machine) -> String {
    let build = match random.u8(..10) {
        0..3 => machine.build,
        3 => machine.build + 1,
        4 => machine.build - 1,
        5..9 => *one_of(random, &BUILDS),
        _ => *one_of(random, &[20348, 26100]),
    };
    let revision = *one_of(random, &[1, 9, 10, 99, 887, 3091, 7462, 32230]);
    match random.u8(..100) {
        0..72 => format!("10.0.{build}.{revision}"),
        72..80 => String::new(),
        80..86 => format!("10.0.{build}"),
        86 => format!("10.0.{build}.0"),
        87 => format!("10.0.{build}{}.{revision}", random.u8(..10)),
        88..90 => format!("{}.{build}.{revision}", one_of(random, &["6.3", "11.0", "10.1", "1.0", "266.0", "10.256"])),
        90 => format!("10.0.{}.{revision}", build + 65536),
        91..94 => {
            (*one_of(random, &["10", "10.0", ".", "..", "latest", "10.0.x.1", "a.b.c.d", "10.0.", "10..20348", "ltsc2022"]))
                .to_owned()
        }
        94..96 => format!("10.0.{build}.{}", one_of(random, &["x", "", "-1", "00012", "4294967296", "99999999999999999999"])),
        96..98 => format!("10.0.{build}.{revision}.{}", random.u8(..3)),
        98 => format!(
            "{}{build}.{revision}",
            one_of(random, &["10.0.+", "10.0.0", "v10.0.", " 10.0.", "10.00.", "010.0.", "10.0.-"])
        ),
        _ => format!("10.0.{build}.{revision}{}", one_of(random, &[" ", "-amd64", "\u{e9}", "+win32k"])),
    }
}

/// A platform, mostly one for this machine.
pub(super) fn platform(random: &mut fastrand::Rng, machine: Machine) -> Platform {
    let os = match random.u8(..50) {
        0..43 => "windows",
        43..49 => *one_of(random, &["linux", "linux", "freebsd"]),
        _ => *one_of(random, &["Windows", "", "unknown", "WINDOWS"]),
    };
    let architecture = match random.u8(..50) {
        0..40 => machine.architecture,
        40..44 => "amd64",
        44..48 => "arm64",
        48 => *one_of(random, &["386", "arm", "s390x"]),
        _ => *one_of(random, &["x86_64", "x86-64", "aarch64", "i386", "AMD64", "Arm64", "unknown", ""]),
    };
    let variant = match random.u8(..50) {
        0..47 => "",
        _ if architecture == "arm64" => *one_of(random, &["v8", "8", "v8.0", "v9"]),
        _ => *one_of(random, &["v1", "v2", "v3"]),
    };
    let os_features: &[&str] = match random.u8(..150) {
        0..120 => &[],
        120..147 => &["win32k"],
        147 => &["win32k", "win32k"],
        148 => &["a", "win32k"],
        _ => &["b"],
    };
    Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
        variant: variant.to_owned(),
        os_version: if os == "linux" && random.u8(..9) != 0 { String::new() } else { os_version(random, machine) },
        os_features: os_features.iter().map(|&feature| feature.to_owned()).collect(),
    }
}

/// An entry; without a platform the config alone says what it is.
pub(super) fn entry(random: &mut fastrand::Rng, machine: Machine) -> Entry {
    if random.u8(..16) == 0 {
        let unknown = Platform { os: "unknown".to_owned(), architecture: "unknown".to_owned(), ..Platform::default() };
        return Entry { platform: Some(unknown.clone()), config: unknown, attestation: true };
    }
    let described = platform(random, machine);
    let mut config = described.clone();
    if random.u8(..4) == 0 {
        config.os_version = os_version(random, machine);
    }
    Entry { platform: (random.u8(..50) != 0).then_some(described), config, attestation: false }
}

pub(super) fn entries(random: &mut fastrand::Rng, machine: Machine) -> Vec<Entry> {
    let mut entries: Vec<Entry> = (0..random.usize(1..=6)).map(|_| entry(random, machine)).collect();
    if random.u8(..5) == 0 {
        entries.push(one_of(random, &entries.clone()).clone());
    }
    random.shuffle(&mut entries);
    entries
}
