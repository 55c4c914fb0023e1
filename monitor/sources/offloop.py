"""Parsing away from the event loop, in few threads: more of them only take the interpreter from the loop more often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

WORKERS = 2
"""One would do; the second is for when the first has met a document that takes long."""

_pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="parse")


async def off_loop(work: Callable[[], T]) -> T:
    """What `work` returns or raises, from a worker thread."""
    return await asyncio.get_running_loop().run_in_executor(_pool, work)
