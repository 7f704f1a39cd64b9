//! Places of addresses, and the rule for contacting a server because another server said so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The place of an address, seen from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reach {
    /// Anywhere on the internet, e.g. `20.62.128.1`.
    Public,
    /// In a private network, e.g. `10.0.0.5`, `100.64.0.1`, `fd00::5`.
    Private,
    /// On the link itself, where clouds keep their metadata services, e.g. `169.254.169.254`.
    Link,
    /// On this machine, e.g. `127.0.0.1`, `0.0.0.0`.
    Loopback,
}

impl Reach {
    /// The place of this address; an IPv4 address inside an IPv6 one counts as itself.
    ///
    /// The ranges are those of the IANA special-purpose address registries.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// `true` if a server here may send this program to `target`: to the internet always, elsewhere only where it is itself.
    ///
    /// A registry in a company's network may have its token service there; a registry on this machine may also have it in that
    /// network; no registry elsewhere gets this machine to talk to either.
    pub fn may_send_to(self, target: Reach) -> bool {
        target == Reach::Public || target == self || (self == Reach::Loopback && target == Reach::Private)
    }
}

fn of_v4(address: Ipv4Addr) -> Reach {
    // The platform services of Azure's virtual machines answer on an address out of the public range
    // (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
    const AZURE_PLATFORM: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    match address.octets() {
        // A connection to 0.0.0.0 reaches this machine.
        [0 | 127, ..] => Reach::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        [192, 0, 0, _] | [198, 18..=19, ..] => Reach::Private,
        [169, 254, ..] | [224..=255, ..] => Reach::Link,
        _ if address == AZURE_PLATFORM => Reach::Link,
        _ => Reach::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Reach {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| of_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Reach::Loopback,
        // IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => embedded(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => embedded(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0x64, 0xff9b, 1, ..] => Reach::Private,
        // The metadata service of Amazon's virtual machines
        // (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html).
        [0xfd00, 0xec2, ..] => Reach::Link,
        [first, ..] => match first & 0xffc0 {
            0xfe80 => Reach::Link,
            0xfec0 => Reach::Private,
            _ if first & 0xfe00 == 0xfc00 => Reach::Private,
            _ if first & 0xff00 == 0xff00 => Reach::Link,
            _ => Reach::Public,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_where_its_range_says() {
        let table = [
            ("20.62.128.1", Reach::Public),
            ("172.15.255.255", Reach::Public),
            ("172.32.0.0", Reach::Public),
            ("100.63.0.1", Reach::Public),
            ("100.128.0.1", Reach::Public),
            ("2603:1030::1", Reach::Public),
            ("::ffff:20.62.128.1", Reach::Public),
            ("10.0.0.5", Reach::Private),
            ("172.16.0.1", Reach::Private),
            ("172.31.255.255", Reach::Private),
            ("192.168.1.1", Reach::Private),
            ("100.64.0.1", Reach::Private),
            ("100.100.100.200", Reach::Private),
            ("fd12:3456::1", Reach::Private),
            ("fc00::1", Reach::Private),
            ("fec0::1", Reach::Private),
            ("::ffff:10.0.0.5", Reach::Private),
            ("64:ff9b::10.0.0.5", Reach::Private),
            ("64:ff9b:1::1", Reach::Private),
            ("2002:a00:5::1", Reach::Private),
            ("169.254.169.254", Reach::Link),
            ("168.63.129.16", Reach::Link),
            ("224.0.0.1", Reach::Link),
            ("255.255.255.255", Reach::Link),
            ("fe80::1", Reach::Link),
            ("ff02::1", Reach::Link),
            ("fd00:ec2::254", Reach::Link),
            ("::ffff:169.254.169.254", Reach::Link),
            ("127.0.0.1", Reach::Loopback),
            ("127.255.0.9", Reach::Loopback),
            ("0.0.0.0", Reach::Loopback),
            ("0.1.2.3", Reach::Loopback),
            ("::1", Reach::Loopback),
            ("::", Reach::Loopback),
            ("::ffff:127.0.0.1", Reach::Loopback),
            ("::127.0.0.1", Reach::Loopback),
            ("64:ff9b::127.0.0.1", Reach::Loopback),
        ];
        for (address, expected) in table {
            assert_eq!(Reach::of(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn a_server_sends_to_the_internet_or_to_where_it_is() {
        use Reach::{Link, Loopback, Private, Public};
        let allowed = [
            (Public, Public),
            (Private, Public),
            (Private, Private),
            (Link, Public),
            (Link, Link),
            (Loopback, Public),
            (Loopback, Private),
            (Loopback, Loopback),
        ];
        for sender in [Public, Private, Link, Loopback] {
            for target in [Public, Private, Link, Loopback] {
                let expected = allowed.contains(&(sender, target));
                assert_eq!(sender.may_send_to(target), expected, "{sender:?} to {target:?}");
            }
        }
    }
}
