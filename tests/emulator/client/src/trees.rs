//! What ImportLayer makes of a transport folder, and what BackupWrite makes of streams.

use crate::ffi::{DriverInfo, v1 as old};
use crate::layer::{self, done, stream};
use crate::text::Wide;
use crate::world::{World, setting};
use crate::{Case, container};
use std::fs;
use std::path::Path;
use std::ptr::{null, null_mut};
use std::time::{Duration, SystemTime};
use windows_sys::Win32::Foundation::{CloseHandle, GENERIC_READ, GENERIC_WRITE, GetLastError, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    BackupRead, BackupWrite, CREATE_ALWAYS, CreateFileW, FILE_FLAG_BACKUP_SEMANTICS, OPEN_EXISTING, WRITE_DAC, WRITE_OWNER,
};

fn case(name: &'static str, run: fn(World)) -> Case {
    Case::new(name, move || run(World::with_image(name)))
}

/// All of them.
pub fn cases() -> Vec<Case> {
    vec![
        case("three-layers", three_layers),
        case("layer-functions", functions),
        case("backup-write", backup_write),
        case("backup-write-of-a-directory", backup_write_of_a_directory),
        case("backup-write-refuses", backup_write_refuses),
    ]
}

fn text(path: String) -> String {
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn recorded(world: &World, path: &str) -> Vec<u8> {
    let path = format!(r"{}\state\streams\{}.streams", world.root, path.replacen(r":\", r"\", 1));
    fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn three_layers(world: World) {
    let upper = &world.upper;
    assert_eq!(text(format!(r"{upper}\Files\base\kept.txt")), "changed by the upper layer");
    assert_eq!(text(format!(r"{}\Files\base\kept.txt", world.base)), "from the base", "the parent is untouched");
    assert_eq!(text(format!(r"{upper}\Files\base\gone.txt")), "to be deleted", "the parent's files are to be seen");
    assert_eq!(text(format!(r"{upper}\Hives\System_Delta")), "delta");
    // The streams of a file are kept byte for byte, but for the data itself.
    let data = &stream(1, "", b"changed by the upper layer")[..20];
    let expected = [stream(3, "", b"file security"), data.to_vec(), stream(4, ":more:$DATA", b"other")].concat();
    assert_eq!(recorded(&world, &format!(r"{upper}\Files\base\kept.txt")), expected);
    // The client's part: a whiteout, a link to this layer's file, a link to the parent's.
    let top = format!(r"{}\layers\top", world.root);
    let source = format!("{top}-transport");
    layer::transport(&source);
    let linked = [stream(3, "", b"file security"), stream(8, "", b"a reparse point"), stream(1, "", b"")].concat();
    layer::write(format!(r"{source}\Files\upper\linked"), [0x20u32.to_le_bytes().to_vec(), linked].concat());
    let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_500_000_000);
    let new = fs::File::options().write(true).open(format!(r"{source}\Files\upper\new.txt")).unwrap();
    new.set_times(fs::FileTimes::new().set_modified(written)).unwrap();
    drop(new);
    fs::create_dir_all(&top).unwrap();
    layer::import(&top, &source, &world.layers()).expect("ImportLayer");
    fs::remove_file(format!(r"{top}\Files\base\gone.txt")).unwrap();
    fs::hard_link(format!(r"{top}\Files\upper\new.txt"), format!(r"{top}\Files\upper\again.txt")).unwrap();
    fs::hard_link(format!(r"{}\Files\base\kept.txt", world.base), format!(r"{top}\Files\upper\original.txt")).unwrap();
    assert_eq!(text(format!(r"{}\Files\base\gone.txt", world.base)), "to be deleted");
    let scratch = format!(r"{}\top-scratch", world.root);
    layer::scratch(&scratch, &[&top, &world.upper, &world.base]);
    layer::give_back(&scratch);
    let out = format!(r"{}\out", world.root);
    fs::create_dir_all(&out).unwrap();
    layer::export(&top, &out, &world.layers()).expect("ExportLayer");
    assert!(text(format!(r"{out}\tombstones.txt")).contains(r"\base\gone.txt"));
    assert!(Path::new(&format!(r"{out}\Files\upper\again.txt")).is_file());
    // What is not changed is left out, folders too; times are kept, and a reparse point is one.
    for unchanged in [r"Files\Windows", r"Files\Windows.$wcidirs$", r"Files\upper\new.txt"] {
        assert!(!Path::new(&format!(r"{out}\{unchanged}")).exists(), "{unchanged}");
    }
    assert_eq!(fs::metadata(format!(r"{out}\Files\upper\again.txt")).unwrap().modified().unwrap(), written);
    let described = fs::read(format!(r"{out}\Files\upper\linked")).unwrap();
    assert_eq!(u32::from_le_bytes(described[..4].try_into().unwrap()) & 0x400, 0x400);
    // ProcessUtilityImage writes into the boot configuration: a linked one would change the parent's.
    let boot = r"UtilityVM\Files\EFI\Microsoft\Boot\BCD";
    assert_eq!(text(format!(r"{}\{boot}", world.base)), "boot\nrewritten\n");
}

fn functions(world: World) {
    let path = Wide::new(&world.upper);
    let home = Wide::new("");
    let mut exists = 0;
    // SAFETY: texts and places are valid during the calls.
    unsafe {
        let info = DriverInfo { flavour: 1, home: home.ptr() };
        done(old::LayerExists(&info, path.ptr(), &mut exists)).expect("LayerExists");
        assert_eq!(exists, 1);
        let parent = Wide::new(&format!(r"{}\layers", world.root));
        let relative = DriverInfo { flavour: 1, home: parent.ptr() };
        done(old::LayerExists(&relative, Wide::new("nobody").ptr(), &mut exists)).expect("LayerExists");
        assert_eq!(exists, 0);
        layer::scratch(&world.scratch, &world.layers());
        let scratch = Wide::new(&world.scratch);
        done(old::ExpandSandboxSize(&info, scratch.ptr(), 127 << 30)).expect("ExpandSandboxSize");
    }
    layer::give_back(&world.scratch);
    layer::simple(old::DestroyLayer, &world.scratch).expect("destroying what is not there");
    assert_eq!(container::left(), "");
}

fn open(path: &str, access: u32, disposition: u32) -> HANDLE {
    let path = Wide::new(path);
    // SAFETY: the text is valid during the call.
    let file = unsafe { CreateFileW(path.ptr(), access, 0, null(), disposition, FILE_FLAG_BACKUP_SEMANTICS, null_mut()) };
    assert_ne!(file, INVALID_HANDLE_VALUE);
    file
}

/// Writes a stream in pieces of this size; the error, if one comes.
fn restore(file: HANDLE, bytes: &[u8], piece: usize, security: bool) -> Result<(), u32> {
    // Any call loads the DLL that brings BackupWrite.
    layer::name_to_guid("x");
    let mut context = null_mut();
    let mut result = Ok(());
    // SAFETY: the handle is open, the bytes are as long as stated, the context is BackupWrite's own.
    unsafe {
        for piece in bytes.chunks(piece) {
            let mut written = 0;
            if BackupWrite(file, piece.as_ptr(), piece.len() as u32, &mut written, 0, security.into(), &mut context) == 0 {
                result = Err(GetLastError());
                break;
            }
            assert_eq!(written as usize, piece.len());
        }
        BackupWrite(file, null(), 0, &mut 0, 1, security.into(), &mut context);
        assert!(context.is_null());
        CloseHandle(file);
    }
    result
}

const ALL: u32 = GENERIC_READ | GENERIC_WRITE | WRITE_DAC | WRITE_OWNER;

fn sample(data: &[u8]) -> Vec<u8> {
    [stream(3, "", b"security"), stream(2, "", b"attribute"), stream(1, "", data), stream(4, ":s:$DATA", b"other")].concat()
}

fn backup_write(world: World) {
    let path = format!(r"{}\restored.bin", world.root);
    let data = crate::roles::bytes(100_000);
    for piece in [1_000_000, 4096, 7] {
        restore(open(&path, ALL, CREATE_ALWAYS), &sample(&data), piece, true).expect("BackupWrite");
        assert!(fs::read(&path).unwrap() == data, "in pieces of {piece}");
    }
    let expected = [
        stream(3, "", b"security"),
        stream(2, "", b"attribute"),
        stream(1, "", &data)[..20].to_vec(),
        stream(4, ":s:$DATA", b"other"),
    ];
    assert_eq!(recorded(&world, &path), expected.concat());
    // BackupRead gives the same back.
    let file = open(&path, GENERIC_READ, OPEN_EXISTING);
    let (mut all, mut context) = (Vec::<u8>::new(), null_mut());
    loop {
        let (mut buffer, mut read) = ([0u8; 5000], 0);
        // SAFETY: the buffer is as long as stated.
        assert_ne!(unsafe { BackupRead(file, buffer.as_mut_ptr(), 5000, &mut read, 0, 1, &mut context) }, 0);
        if read == 0 {
            break;
        }
        all.extend(&buffer[..read as usize]);
    }
    // SAFETY: the context is BackupRead's own, the handle is open.
    unsafe {
        BackupRead(file, null_mut(), 0, &mut 0, 1, 1, &mut context);
        CloseHandle(file);
    }
    assert!(all == sample(&data));
    // A sparse block goes where it says.
    let sparse = [stream(1, "", b""), stream(9, "", &[&4096u64.to_le_bytes()[..], b"end"].concat())].concat();
    restore(open(&path, ALL, CREATE_ALWAYS), &sparse, 4096, true).expect("BackupWrite");
    assert_eq!(fs::read(&path).unwrap(), [vec![0; 4096], b"end".to_vec()].concat());
}

fn backup_write_of_a_directory(world: World) {
    let path = format!(r"{}\directory", world.root);
    fs::create_dir_all(&path).unwrap();
    restore(open(&path, ALL, OPEN_EXISTING), &stream(3, "", b"security"), 4096, true).expect("BackupWrite");
    assert_eq!(recorded(&world, &path), stream(3, "", b"security"));
}

fn backup_write_refuses(world: World) {
    let path = format!(r"{}\restored.bin", world.root);
    assert_eq!(restore(open(&path, ALL, CREATE_ALWAYS), &[77; 40], 40, true), Err(13), "no stream id");
    let access = GENERIC_READ | GENERIC_WRITE;
    assert_eq!(
        restore(open(&path, access, CREATE_ALWAYS), &sample(b"x"), 4096, true),
        Err(5),
        "security without the right to write it"
    );
    // Not processing security loses it, and says nothing: the most expensive mistake on record.
    restore(open(&path, access, CREATE_ALWAYS), &sample(b"x"), 4096, false).expect("BackupWrite");
    assert!(!recorded(&world, &path).windows(8).any(|bytes| bytes == b"security"));
    setting("FAULTS", "function=BackupWrite n=5 hresult=0x80070070");
    let results: Vec<_> = (0..3).map(|_| restore(open(&path, ALL, CREATE_ALWAYS), &sample(b"x"), 4096, true)).collect();
    assert_eq!(results.iter().filter(|result| **result == Err(0x70)).count(), 1, "{results:?}");
}
