"""What every test run shares: hypothesis without stop-watches, no skips, and a network that ends at loopback."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

settings.register_profile("hotline", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
# In CI the same examples every time, and no minutes spent on making a failing one smaller: that is for the desk where it is mended.
settings.register_profile("ci", settings.get_profile("hotline"), derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
settings.load_profile("ci" if os.environ.get("CI") else "hotline")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test proves nothing, so it fails; only the integration tests may skip, and not where `HOTLINE_REAL=all`."""
    report = yield
    may = item.get_closest_marker("real") is not None and os.environ.get("HOTLINE_REAL") != "all"
    if report.skipped and not hasattr(report, "wasxfail") and not may:
        report.outcome = "failed"
        report.longrepr = f"skipped, which is no result: {report.longreprtext}"
    return report


ODD_LITERAL = re.compile(r"(0x[0-9a-f]+|\d+)(\.(0x[0-9a-f]+|\d+)){0,3}")


def _is_local(host: object) -> bool:
    if host is None or not isinstance(host, str | bytes):
        return True
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in ("", "localhost") or name.endswith(".localhost") or name == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Tests talk to servers of their own: a name resolves to nothing, and a packet to elsewhere is refused."""
    with pytest.MonkeyPatch.context() as patch:
        resolve = socket.getaddrinfo

        def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                literal = host is None or bool(ipaddress.ip_address(host if isinstance(host, str) else host.decode()))
            except ValueError:
                literal = bool(ODD_LITERAL.fullmatch(str(host)))  # an address in an odd form: resolving it asks nobody
            if literal or _is_local(host):
                return resolve(host, *args, **kwargs)
            raise socket.gaierror(socket.EAI_NONAME, f"tests have no network: {host!r} is not looked up")

        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        for name in ("connect", "connect_ex", "sendto"):
            _guard(patch, name)
        yield


def _guard(patch: pytest.MonkeyPatch, name: str) -> None:
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and isinstance(address, tuple) and not _is_local(address[0]):
            raise ConnectionRefusedError(111, f"tests have no network: {address[0]} is not reached")
        return original(self, *args)

    patch.setattr(socket.socket, name, guarded)
