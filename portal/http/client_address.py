"""From which network address a request comes, where proxies may stand in between."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_trusted(address: str, proxies: Sequence[Network]) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in proxies)
    except ValueError:
        return False


def behind_proxies(remote: str, forwarded_for: str, proxies: Sequence[Network]) -> str:
    """The client's address. Walks X-Forwarded-For from the right and stops at the first hop that is not trusted: what
    stands left of it is the client's own claim."""
    if not proxies or not is_trusted(remote, proxies):
        return remote
    for hop in reversed([hop.strip() for hop in forwarded_for.split(",") if hop.strip()]):
        remote = hop
        if not is_trusted(hop, proxies):
            break
    return remote


def client_address(scope: dict[str, Any], proxies: Sequence[Network]) -> str:
    """Of an ASGI request. An IPv6 address stands for its /64, which is one household."""
    remote = (scope.get("client") or ("",))[0]
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    remote = behind_proxies(remote, forwarded.decode("latin-1"), proxies)
    try:
        parsed = ipaddress.ip_address(remote)
    except ValueError:
        return remote[:64]
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else remote
