//! Reasons to refuse a layer, a variant for each.

/// The reason why an entry of a layer, or its archive, is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    // Names.
    /// A name must be UTF-8.
    #[error("its name is not UTF-8")]
    NotUtf8,
    /// A name, or a part of it between slashes, is empty.
    #[error("a part of its name is empty")]
    Empty,
    /// `/x`, `//server/share/x`, `C:/x`.
    #[error("its name is absolute")]
    Absolute,
    /// A part of the name is `.` or `..`.
    #[error("a part of its name is . or ..")]
    Dots,
    /// Windows takes a backslash for a slash.
    #[error("its name has a backslash")]
    Backslash,
    /// A colon anywhere but before the name of an alternate stream of a file.
    #[error("its name has a colon in the wrong place")]
    Colon,
    /// `file:stream:$DATA` and the like.
    #[error("its name has a stream type")]
    StreamType,
    /// Windows strips them, so that the name would mean another file.
    #[error("a part of its name ends in a dot or a space")]
    TrailingDotOrSpace,
    /// `CON`, `nul.txt`, `COM¹`.
    #[error("a part of its name is the name of a device")]
    Device,
    /// Control characters and `"<>|?*`.
    #[error("its name has the character {0:?}")]
    Character(char),
    /// `X.$wcidirs$`, where the transport folder keeps what it knows of the directory `X`.
    #[error("its name is reserved for the metadata of directories")]
    Reserved,
    /// Over 255 UTF-16 units in a part, or 32,000 in all.
    #[error("its name is too long")]
    TooLong,
    /// A layer has `Files`, `Hives` and `UtilityVM/Files`.
    #[error("it is outside of Files, Hives and UtilityVM/Files")]
    OutsideAreas,
    /// `Files`, `Hives`, `UtilityVM` and `UtilityVM/Files` themselves are directories; below `Hives` are only files.
    #[error("nothing of its kind may stand there")]
    WrongKindForArea,
    /// The name of the PAX record or the GNU long name is another one than the header's, though the header could hold it.
    #[error("its header names another file than its extended header")]
    NameDisagrees,
    /// The same with the target of a link.
    #[error("its header names another link target than its extended header")]
    LinkDisagrees,

    // Names among each other.
    /// Windows takes both for the same file.
    #[error("the layer has this name before, or one that differs only in case")]
    SameName,
    /// A parent directory, or a link target, is written in another case than where it was made.
    #[error("it refers to a name that is written in another case")]
    OtherCase,
    /// An entry must follow its directory.
    #[error("its directory does not come before it")]
    NoParent,
    /// The parent is a file, a link or a whiteout, so that it would be written elsewhere.
    #[error("what should be its directory is none")]
    ParentNotDirectory,
    /// An alternate stream must follow its file.
    #[error("it is an alternate stream and does not follow its file")]
    StreamWithoutFile,

    // Links and whiteouts.
    /// A hard link must point to a file of this layer or, except in a base layer, of its parents.
    #[error("it is a hard link to something that is not a file of the layer")]
    LinkTarget,
    /// A hard link or symbolic link that leads out of the layer and its parents.
    #[error("it is a link that leads out of the container's file system")]
    LinkEscapes,
    /// A symbolic link or junction that Windows would not take.
    #[error("it is a link that Windows cannot follow")]
    LinkMalformed,
    /// A base layer has nothing below it that could be removed.
    #[error("it is a whiteout in a base layer")]
    WhiteoutInBase,
    /// Windows layers know no opaque directories; `.wh.` names nothing to remove, or stands in the middle of a name.
    #[error("it is not a whiteout as Windows layers have them")]
    Whiteout,

    // Metadata.
    /// Not `LENGTH KEY=VALUE`, a key twice, a length that lies.
    #[error("its extended header is malformed")]
    Pax,
    /// A record of the extended header is not what its key asks for.
    #[error("its extended header has a malformed {0}")]
    Record(&'static str),
    /// The attributes say directory where the type says file, or the other way round.
    #[error("its attributes contradict its type")]
    Attributes,
    /// A base64 value that is not a self-relative security descriptor.
    #[error("its security descriptor is malformed")]
    SecurityDescriptor,
    /// The legacy textual form can be converted by Windows only.
    #[error("its security descriptor is in the textual form, which only Windows can convert")]
    SddlUnsupported,
    /// Windows could not convert the textual form.
    #[error("its security descriptor is in a textual form that Windows does not take: {0}")]
    Sddl(String),
    /// A name that is not printable ASCII or longer than 255 bytes, or a value over 65,535.
    #[error("its extended attributes are malformed")]
    ExtendedAttribute,

    // The archive.
    /// The checksum is wrong, a number is not one, or an end marker is only half there.
    #[error("its header is malformed")]
    Header,
    /// Devices, sparse files, global headers.
    #[error("its type ({0:?}) does not belong into a Windows layer")]
    Type(char),
    /// The header and its PAX record say different sizes, or something has a size that cannot have one.
    #[error("its size contradicts itself")]
    Size,
    /// An extended header over its limit, or two of a kind.
    #[error("it has too much of an extended header")]
    ExtendedHeader,
    /// The archive ends within an entry.
    #[error("the archive ends before it does")]
    Truncated,
    /// More than the limit, unpacked: a decompression bomb, or a very large image.
    #[error("unpacked, the layer is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Directories, links and whiteouts have more name than the limit: a bomb of another kind.
    #[error("the names of the layer's directories, links and whiteouts have more than {limit} bytes")]
    TooManyNames {
        /// The limit in bytes.
        limit: u64,
    },
    /// More entries than the limit.
    #[error("the layer has more than {limit} entries")]
    TooManyEntries {
        /// The limit.
        limit: u64,
    },
}
