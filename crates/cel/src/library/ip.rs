//! IP addresses, as Go's `netip` reads and writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::function::IpFunction;
use super::{Arguments, Outcome, invalid};
use crate::error::EvalError;
use crate::eval::Value;

pub(super) fn call<'a>(function: IpFunction, arguments: Arguments<'_, 'a>) -> Outcome<'a> {
    let text = |name: &str| arguments.text(0).map_err(|_| arguments.no_overload(name));
    let ip = |name: &str| match arguments.get(0) {
        Some(Value::Ip(ip)) => Ok(*ip),
        _ => Err(arguments.no_overload(name)),
    };
    Ok(match function {
        IpFunction::Parse => Value::Ip(parse(text("ip")?)?),
        IpFunction::IsIp => Value::Bool(parse(text("isIP")?).is_ok()),
        IpFunction::IsCanonical => {
            let text = text("ip.isCanonical")?;
            Value::Bool(parse(text)?.to_string() == **text)
        }
        IpFunction::Family => Value::Int(if ip("family")?.is_ipv4() { 4 } else { 6 }),
        IpFunction::IsUnspecified => Value::Bool(ip("isUnspecified")?.is_unspecified()),
        IpFunction::IsLoopback => Value::Bool(ip("isLoopback")?.is_loopback()),
        IpFunction::IsLinkLocalMulticast => Value::Bool(match ip("isLinkLocalMulticast")? {
            IpAddr::V4(ip) => ip.octets().starts_with(&[224, 0, 0]),
            IpAddr::V6(ip) => {
                let [first, second, ..] = ip.octets();
                first == 0xff && second & 0x0f == 0x02
            }
        }),
        IpFunction::IsLinkLocalUnicast => Value::Bool(link_local(ip("isLinkLocalUnicast")?)),
        IpFunction::IsGlobalUnicast => {
            let ip = ip("isGlobalUnicast")?;
            let broadcast = ip == IpAddr::V4(Ipv4Addr::BROADCAST);
            Value::Bool(!(ip.is_unspecified() || ip.is_loopback() || ip.is_multicast() || link_local(ip) || broadcast))
        }
    })
}

fn link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

/// Reads an address; one with a zone and an IPv4 address within an IPv6 one are refused.
pub(super) fn parse(text: &str) -> Result<IpAddr, EvalError> {
    let ip =
        read(text).ok_or_else(|| invalid(format!("IP Address {text:?} parse error during conversion from string")))?;
    if let IpAddr::V6(v6) = ip
        && is_mapped(v6)
    {
        let message = format!("IPv4-mapped IPv6 address {text:?} is not allowed");
        return Err(invalid(message));
    }
    Ok(ip)
}

/// `::ffff:1.2.3.4`
pub(super) fn is_mapped(ip: Ipv6Addr) -> bool {
    ip.to_ipv4_mapped().is_some()
}

/// Reads an address without a zone.
pub(super) fn read(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}
