"""Connections without HTTP (mail, IRC): the same guard against private addresses, the same meaning of a failure."""

from __future__ import annotations

import asyncio
import socket
import ssl

from monitor.channels import DeliveryError
from monitor.http import Guard

REFUSED = "no connection: refused, or no valid TLS certificate"


async def resolve(host: str, port: int, guard: Guard) -> list[str]:
    """The addresses of a host that may be connected to. DeliveryError `retry` without any, `permanent` when all are private."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError("retry", "the host's name cannot be resolved") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    permitted = [address for address in addresses if guard.permits(address)]
    if not permitted:
        raise DeliveryError("permanent", "the host leads to a private address; list it under allow_private if that is meant")
    return permitted


def verified(ca: str | None) -> ssl.SSLContext:
    """A context that checks certificates; `ca` is a file with the desk's own authority."""
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError):
        raise DeliveryError("permanent", "the file of the certificate authority (ca) cannot be read") from None


async def connect(
    host: str, port: int, guard: Guard, tls: ssl.SSLContext | None, limit: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection to the first permitted address that answers. DeliveryError `retry` otherwise: nothing was sent."""
    addresses = await resolve(host, port, guard)
    for address in addresses:
        try:
            async with asyncio.timeout(limit):
                return await asyncio.open_connection(address, port, ssl=tls, server_hostname=host if tls else None)
        except (OSError, TimeoutError):  # ssl.SSLError is an OSError
            continue
    raise DeliveryError("retry", REFUSED)
