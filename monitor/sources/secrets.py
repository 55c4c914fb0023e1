"""Secrets of sources, read when they are first needed, from the environment or a file."""

from __future__ import annotations

import os
from pathlib import Path

from monitor.config import Secret, SecretError
from monitor.http import Unfetched


def reveal(secret: Secret) -> str:
    """The value; Unfetched (auth, or unreachable where it passes), naming the place, where there is none."""
    try:
        return secret.reveal(os.environ, lambda path: Path(path).expanduser().read_text(encoding="utf-8"))
    except SecretError as error:
        raise Unfetched("unreachable" if error.passing else "auth", str(error)) from None
