//! Security descriptors in text, as old layers and this program's own folders have them.

use std::io;
use std::ptr::null_mut;

use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1};

use super::text::Wide;

/// Turns e.g. `O:BAG:SYD:(A;;FA;;;SY)` into a self-relative security descriptor.
pub(super) fn self_relative(sddl: &str) -> io::Result<Vec<u8>> {
    let call = "ConvertStringSecurityDescriptorToSecurityDescriptor";
    let wide = Wide::new(call, sddl).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let (mut descriptor, mut size) = (null_mut(), 0);
    // SAFETY: the text is ended by a NUL, the out pointers are valid.
    let converted = unsafe {
        let convert = ConvertStringSecurityDescriptorToSecurityDescriptorW;
        convert(wide.as_ptr(), SDDL_REVISION_1, &raw mut descriptor, &raw mut size)
    };
    if converted == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: on success there are this many bytes.
    let bytes = unsafe { std::slice::from_raw_parts(descriptor.cast::<u8>(), size as usize) }.to_vec();
    // SAFETY: the descriptor is documented to be freed so, once.
    unsafe { LocalFree(descriptor) };
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_in_text_becomes_a_self_relative_one() {
        let bytes = self_relative("O:BAG:SYD:(A;;FA;;;SY)").unwrap();
        // Revision 1, and the control bit SE_SELF_RELATIVE.
        assert_eq!(bytes.first(), Some(&1));
        assert_eq!(bytes.get(3).map(|control| control & 0x80), Some(0x80));
        assert!(self_relative("no descriptor").is_err());
        assert!(self_relative("O:BA\0").is_err());
    }
}
