"""Which network addresses a channel may be sent to, decided at the moment of connecting.

A channel's address comes from configuration, and a name may point anywhere later on. So the name is resolved here,
every resolved address is judged, and the connection goes to the very address that was judged: neither a literal in
an odd form (`2130706433`, `0x7f.1`, `[::ffff:127.0.0.1]`) nor a name that changes between check and use gets by.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpcore

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NEVER_PUBLIC: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2002::/16",
    )
)  # fmt: skip
"""Ranges that Python 3.11 calls global, or only partly private, and that lead to neighbours, tunnels or nowhere (IANA registries)."""

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 range handed out to anyone. What lies outside (64:ff9b::/96, ::/96, fc00::/7, …) is local or a translation."""


class PrivateAddress(httpcore.ConnectError):
    """The destination leads to a private address that the channel is not allowed to reach. Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses private destinations. `allow` is True for all of them, or the networks that are allowed."""

    allow: bool | tuple[Network, ...] = False

    @classmethod
    def of(cls, allow_private: bool | Sequence[str] | None) -> Guard:
        """From configuration: True, or CIDRs such as `["10.0.0.0/8", "::1"]`. ValueError names a bad one."""
        if allow_private is None or isinstance(allow_private, bool):
            return cls(bool(allow_private))
        networks: list[Network] = []
        for text in allow_private:
            try:
                networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                raise ValueError(f"{text!r} is no network; write it like 10.1.0.0/16 or fd00::/8") from None
        return cls(tuple(networks))

    def permits(self, address: str) -> bool:
        """Whether a connection to this numeric address is allowed. A text that is no address is not."""
        try:
            ip: Address = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if _public(ip) or self.allow is True:
            return True
        return self.allow is not False and any(ip in network for network in self.allow if network.version == ip.version)


def _public(ip: Address) -> bool:
    if isinstance(ip, ipaddress.IPv6Address) and ip not in GLOBAL_UNICAST:
        return False
    listed = any(ip in network for network in NEVER_PUBLIC if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not listed


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves, judges, and connects to what was judged. TLS still sees the host name: httpcore passes it on its own."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._resolve(host, port, timeout)
        permitted = [address for address in addresses if self._guard.permits(address)]
        if not permitted:
            raise PrivateAddress(
                f"{host} leads to the private address {addresses[0]}; list it under allow_private if that is meant"
            )
        last: Exception | None = None
        for address in permitted:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                last = failure
        assert last is not None
        raise last

    async def connect_unix_socket(self, *_: object, **__: object) -> httpcore.AsyncNetworkStream:
        raise PrivateAddress("local sockets are not reached over HTTP")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)

    async def _resolve(self, host: str, port: int, limit: float | None) -> list[str]:
        try:
            async with asyncio.timeout(limit):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name cannot be resolved") from None
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))
