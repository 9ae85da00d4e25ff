//! Ranges of IP addresses.

use std::fmt;
use std::net::IpAddr;

use super::function::CidrFunction;
use super::{Arguments, Outcome, invalid, ip};
use crate::error::EvalError;
use crate::eval::Value;

/// An address with the number of its leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// The address as it was written.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// The number of leading bits that count.
    #[must_use]
    pub fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Reads `address/bits`; bits of the address that do not count may be set.
    fn parse(text: &str) -> Result<Self, EvalError> {
        const WHAT: &str = "network address parse error during conversion from string";
        let unreadable = || invalid(format!("{WHAT}: {WHAT}: {text:?}"));
        let (address, bits) = text.rsplit_once('/').ok_or_else(unreadable)?;
        let address = ip::read(address).ok_or_else(unreadable)?;
        let plain =
            !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit()) && !(bits.len() > 1 && bits.starts_with('0'));
        let prefix: u8 = plain.then(|| bits.parse().ok()).flatten().ok_or_else(unreadable)?;
        if prefix > width(address) {
            return Err(unreadable());
        }
        if matches!(address, IpAddr::V6(v6) if ip::is_mapped(v6)) {
            let message = format!("{WHAT}: IPv4-mapped IPv6 address {text:?} is not allowed");
            return Err(invalid(message));
        }
        Ok(Self { address, prefix })
    }

    fn masked(self) -> Self {
        Self { address: mask(self.address, self.prefix), ..self }
    }

    fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && mask(address, self.prefix) == mask(self.address, self.prefix)
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with only its leading bits left.
fn mask(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(u32::from(32 - prefix.min(32))).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(u32::from(128 - prefix.min(128))).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

pub(super) fn call<'a>(function: CidrFunction, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let text = |name: &str| arguments.text(0).map_err(|_| arguments.no_overload(name));
    let cidr = |name: &str| match arguments.get(0) {
        Some(Value::Cidr(cidr)) => Ok(*cidr),
        _ => Err(arguments.no_overload(name)),
    };
    Ok(match function {
        CidrFunction::Parse => Value::Cidr(Cidr::parse(text("cidr")?)?),
        CidrFunction::IsCidr => Value::Bool(Cidr::parse(text("isCIDR")?).is_ok()),
        CidrFunction::ContainsIp => {
            let range = cidr("containsIP")?;
            let address = match arguments.get(1) {
                Some(Value::Ip(address)) => *address,
                // The reason why a text is no address is lost here in the API server.
                Some(Value::String(text)) => ip::parse(text).map_err(|_| EvalError::no_overload())?,
                _ => return Err(arguments.no_overload("containsIP")),
            };
            Value::Bool(range.contains(address))
        }
        CidrFunction::ContainsCidr => {
            let range = cidr("containsCIDR")?;
            let other = match arguments.get(1) {
                Some(Value::Cidr(other)) => *other,
                Some(Value::String(text)) => Cidr::parse(text)?,
                _ => return Err(arguments.no_overload("containsCIDR")),
            };
            Value::Bool(range.prefix <= other.prefix && range.contains(other.address))
        }
        CidrFunction::Ip => Value::Ip(cidr("ip")?.address),
        CidrFunction::PrefixLength => Value::Int(cidr("prefixLength")?.prefix.into()),
        CidrFunction::Masked => Value::Cidr(cidr("masked")?.masked()),
    })
}
