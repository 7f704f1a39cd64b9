//! The answers of Windows about the prerequisites of containers, and what follows for containers and Hyper-V.

use crate::Architecture;

use super::Availability;

/// The answers of a machine about the prerequisites of containers. Asking needs no administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The services containers need.
    pub services: Services,
    /// The hypervisor by CPUID; `None` where that cannot be asked: on arm64.
    pub hypervisor: Option<Hypervisor>,
    /// The machine's own processor, also where this program is emulated on it; `None` if Windows did not say.
    pub machine: Option<Architecture>,
    /// The libraries of the Host Compute Service, which must lie in System32, each with whether it does.
    pub libraries: Vec<(&'static str, bool)>,
    /// True if this process runs elevated; `None` if Windows did not say.
    pub elevated: Option<bool>,
    /// True if this process has the rights of the group Hyper-V Administrators; `None` if Windows did not say.
    pub hyperv_administrator: Option<bool>,
}

/// The presence of services, running or not: they are started on demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Services {
    /// The Host Compute Service.
    pub vmcompute: Availability,
    /// The Host Network Service.
    pub hns: Availability,
    /// Hyper-V Virtual Machine Management.
    pub vmms: Availability,
    /// The HV Host Service.
    pub hvhost: Availability,
}

/// The hypervisor below a Windows on x86-64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hypervisor {
    /// None runs.
    Absent,
    /// Another maker's, by its name, e.g. `KVMKVMKVM`: this is a virtual machine.
    Foreign(String),
    /// Microsoft's, and this is a virtual machine on it without a hypervisor of its own.
    Guest,
    /// Microsoft's, and this is the root partition, which may create others.
    Root,
}

impl Hypervisor {
    /// Bit 31 of ECX in leaf 1: some hypervisor is there, and so are its leaves.
    const PRESENT: u32 = 1 << 31;
    /// Bit 0 of EBX in leaf 0x40000003: CreatePartitions, which only the root partition has.
    const CREATE_PARTITIONS: u32 = 1;

    /// Reads CPUID: ECX of leaf 1, EAX to EDX of leaf 0x40000000, and a way to ask for EBX of leaf 0x40000003, which only exists
    /// where leaf 0x40000000 says so.
    pub fn from_cpuid(features: u32, [highest, ebx, ecx, edx]: [u32; 4], privileges: impl FnOnce() -> u32) -> Self {
        if features & Self::PRESENT == 0 {
            return Self::Absent;
        }
        let vendor: Vec<u8> = [ebx, ecx, edx].into_iter().flat_map(u32::to_le_bytes).collect();
        if vendor != b"Microsoft Hv" {
            let printable = vendor.iter().filter(|byte| byte.is_ascii_graphic() || **byte == b' ');
            return Self::Foreign(printable.map(|&byte| char::from(byte)).collect());
        }
        if highest >= 0x4000_0003 && privileges() & Self::CREATE_PARTITIONS != 0 { Self::Root } else { Self::Guest }
    }
}

impl Probe {
    /// The Containers feature, which is there if the services vmcompute and hns exist.
    pub fn containers(&self) -> Availability {
        all([self.services.vmcompute, self.services.hns])
    }

    /// Hyper-V isolation, which can work if this is the root partition of Microsoft's hypervisor, and the services vmcompute and
    /// vmms exist. A hypervisor alone says nothing: every virtual machine has one below it. Where CPUID cannot be asked, the
    /// services alone.
    pub fn hyperv(&self) -> Availability {
        let partitions = match &self.hypervisor {
            None | Some(Hypervisor::Root) => Availability::Available,
            Some(Hypervisor::Absent | Hypervisor::Foreign(_) | Hypervisor::Guest) => Availability::Unavailable,
        };
        all([partitions, self.services.vmcompute, self.services.vmms])
    }
}

/// One that is not there decides, else one that is not known.
fn all<const N: usize>(parts: [Availability; N]) -> Availability {
    if parts.contains(&Availability::Unavailable) {
        Availability::Unavailable
    } else if parts.contains(&Availability::Unknown) {
        Availability::Unknown
    } else {
        Availability::Available
    }
}

#[cfg(test)]
mod tests {
    use super::Availability::{Available as Yes, Unavailable as No, Unknown};
    use super::*;

    fn vendor(name: &[u8; 12], highest: u32) -> [u32; 4] {
        let word = |at: usize| u32::from_le_bytes([name[at], name[at + 1], name[at + 2], name[at + 3]]);
        [highest, word(0), word(4), word(8)]
    }

    #[test]
    fn reads_cpuid() {
        const HYPERVISOR: u32 = 1 << 31;
        let microsoft = vendor(b"Microsoft Hv", 0x4000_000b);
        let cases = [
            ("bare metal", 0x7ffa_f3ff, [0x16, 1, 2, 3], 1, Hypervisor::Absent),
            ("root partition", HYPERVISOR, microsoft, 0x002b_b9ff, Hypervisor::Root),
            ("cloud machine", HYPERVISOR, microsoft, 0x0000_3880, Hypervisor::Guest),
            ("too few leaves", HYPERVISOR, vendor(b"Microsoft Hv", 0x4000_0002), 1, Hypervisor::Guest),
            ("KVM", HYPERVISOR, vendor(b"KVMKVMKVM\0\0\0", 0x4000_0001), 1, Hypervisor::Foreign("KVMKVMKVM".to_owned())),
            ("control characters", HYPERVISOR, vendor(b"a\x1b[31m\r\n::x\0", 0), 0, Hypervisor::Foreign("a[31m::x".to_owned())),
        ];
        for (case, features, leaf, privileges, expected) in cases {
            assert_eq!(Hypervisor::from_cpuid(features, leaf, || privileges), expected, "{case}");
        }
    }

    #[test]
    fn privileges_are_only_asked_where_the_leaf_exists() {
        let asked = || -> u32 { panic!("leaf 0x40000003 does not exist") };
        Hypervisor::from_cpuid(0, vendor(b"Microsoft Hv", 0x4000_0003), asked);
        Hypervisor::from_cpuid(1 << 31, vendor(b"Microsoft Hv", 0x4000_0000), asked);
        Hypervisor::from_cpuid(1 << 31, vendor(b"VMwareVMware", 0x4000_0010), asked);
    }

    #[test]
    fn features_follow_from_services_and_hypervisor() {
        let root = Some(Hypervisor::Root);
        let guest = Some(Hypervisor::Guest);
        let absent = Some(Hypervisor::Absent);
        let foreign = Some(Hypervisor::Foreign("KVMKVMKVM".to_owned()));
        // hypervisor, vmcompute, hns, vmms, hvhost: containers, hyperv
        let cases = [
            ("both features", &root, [Yes, Yes, Yes, Yes], Yes, Yes),
            ("containers in a cloud machine", &guest, [Yes, Yes, No, No], Yes, No),
            ("Hyper-V without nested virtualization", &guest, [Yes, Yes, Yes, Yes], Yes, No),
            ("Hyper-V with the hypervisor switched off", &absent, [Yes, Yes, Yes, Yes], Yes, No),
            ("Hyper-V on KVM", &foreign, [Yes, Yes, Yes, Yes], Yes, No),
            ("containers only, hypervisor for memory integrity", &root, [Yes, Yes, No, Yes], Yes, No),
            ("neither feature", &absent, [No, No, No, No], No, No),
            ("Hyper-V only", &root, [Yes, No, Yes, Yes], No, Yes),
            ("the virtual machine platform of WSL", &root, [Yes, Yes, No, Yes], Yes, No),
            ("services cannot be asked", &root, [Unknown; 4], Unknown, Unknown),
            ("services cannot be asked in a cloud machine", &guest, [Unknown; 4], Unknown, No),
            ("hvhost does not matter", &root, [Yes, Yes, Yes, No], Yes, Yes),
            ("arm64 with both", &None, [Yes, Yes, Yes, Yes], Yes, Yes),
            ("arm64 with containers", &None, [Yes, Yes, No, No], Yes, No),
            ("arm64, services cannot be asked", &None, [Unknown; 4], Unknown, Unknown),
        ];
        for (case, hypervisor, [vmcompute, hns, vmms, hvhost], containers, hyperv) in cases {
            let probe = Probe {
                services: Services { vmcompute, hns, vmms, hvhost },
                hypervisor: hypervisor.clone(),
                machine: None,
                libraries: Vec::new(),
                elevated: None,
                hyperv_administrator: None,
            };
            assert_eq!((probe.containers(), probe.hyperv()), (containers, hyperv), "{case}");
        }
    }
}
