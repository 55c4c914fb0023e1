"""The connect-time guard: no form of a private address gets by."""

from __future__ import annotations

import ipaddress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.http import Guard, arrived, channel_client, private
from tests.http.conftest import Server


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]", "localhost", "[::1]", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "[::]", "[fd00::1]", "224.0.0.1", "192.0.0.8", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "[fe80::1]",
        "192.168.1.1", "255.255.255.255", "[::127.0.0.1]",
    ],
)  # fmt: skip
async def test_a_private_destination_is_refused_before_anything_is_sent(host: str, server: Server) -> None:
    async with channel_client(Guard()) as client:
        with pytest.raises(httpx.ConnectError) as failure:
            await client.post(f"http://{host}:{server.port}/hook")
    assert "allow_private" in (private(failure.value) or "")
    assert not arrived(failure.value)
    assert server.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"])
async def test_a_listed_network_may_be_reached(host: str, server: Server) -> None:
    async with channel_client(Guard.of(["127.0.0.0/8"])) as client:
        assert (await client.post(f"http://{host}:{server.port}/hook")).text == "fine"
    assert f"Host: {host}:{server.port}".encode() in server.requests[0]


async def test_a_network_not_listed_stays_closed(server: Server) -> None:
    async with channel_client(Guard.of(["10.0.0.0/8"])) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(server.url)


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "localhost", "[::1]"])
async def test_behind_a_proxy_numeric_private_addresses_are_refused_too(host: str, server: Server) -> None:
    async with channel_client(Guard(), proxy=server.url) as client:
        with pytest.raises(httpx.ConnectError) as failure:
            await client.get(f"http://{host}/")
    assert private(failure.value)
    assert server.requests == []


async def test_an_explicit_proxy_is_used_and_may_be_private(server: Server) -> None:
    async with channel_client(Guard(), proxy=server.url) as client:
        assert (await client.get("http://chat.example/hook")).text == "fine"
    assert server.requests[0].startswith(b"GET http://chat.example/hook ")


def test_public_addresses_are_permitted() -> None:
    assert all(Guard().permits(ip) for ip in ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8"))


def test_a_bad_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"'10\.0\.0\.0/99' is no network"):
        Guard.of(["10.0.0.0/99"])


@given(st.ip_addresses())
def test_nothing_is_permitted_that_python_calls_private(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if not ip.is_global or ip.is_private or ip.is_multicast or ip.is_reserved or ip.is_link_local or ip.is_loopback:
        mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
        assert mapped is not None or not Guard().permits(str(ip))
    assert Guard(True).permits(str(ip))


@given(st.text())
def test_a_text_that_is_no_address_is_not_permitted(text: str) -> None:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        assert not Guard(True).permits(text)
