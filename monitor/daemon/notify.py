"""Word to systemd: ready, alive, stopping. Nothing happens where no socket is given.

Source: sd_notify(3). The watchdog is fed only while the stages really work, so that a stuck daemon is started anew.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping


def notify(state: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send `READY=1`, `WATCHDOG=1`, `STOPPING=1` or `STATUS=…`. False where there is nobody to tell."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.connect("\0" + address[1:] if address[0] == "@" else address)
            sock.sendall(state.encode())
    except OSError:
        return False
    return True


def watchdog_interval(environ: Mapping[str, str] = os.environ) -> float | None:
    """Seconds between signs of life: half of what systemd allows; None where it asks for none."""
    try:
        allowed = int(environ.get("WATCHDOG_USEC", "0")) / 1_000_000
    except ValueError:
        return None
    return allowed / 2 if allowed > 0 and environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid()) else None
