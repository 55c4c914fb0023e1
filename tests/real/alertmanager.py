"""A real Prometheus Alertmanager on loopback: what it holds, and where it sends it on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.real.beds import HOST, Server, answers, program, unused_port


@dataclass(frozen=True, slots=True)
class Alertmanager:
    url: str

    def alerts(self) -> list[dict[str, Any]]:
        """Every active alert, as its API gives it."""
        answer = httpx.get(f"{self.url}/api/v2/alerts", timeout=10, trust_env=False)
        assert answer.status_code == 200, answer.text
        return list(answer.json())


@contextmanager
def running(folder: Path, forward_to: str | None = None) -> Iterator[Alertmanager]:
    """Start it (0.2 s). With `forward_to`, groups go on to that webhook after a second."""
    binary, port = program("prometheus-alertmanager"), unused_port()
    receiver: dict[str, Any] = {"name": "tests"}
    if forward_to:
        receiver["webhook_configs"] = [{"url": forward_to, "send_resolved": True}]
    route = {"receiver": "tests", "group_by": ["..."], "group_wait": "1s", "group_interval": "1s", "repeat_interval": "1h"}
    settings = folder / "alertmanager.yml"
    settings.write_text(json.dumps({"route": route, "receivers": [receiver]}), "utf-8")  # JSON is YAML
    command = [
        binary, f"--config.file={settings}", f"--storage.path={folder / 'data'}", f"--web.listen-address={HOST}:{port}",
        "--cluster.listen-address=",
    ]  # fmt: skip
    server = Server(command, folder / "alertmanager.log")
    url = f"http://{HOST}:{port}"
    server.ready(lambda: answers(f"{url}/-/ready"))
    try:
        yield Alertmanager(url)
    finally:
        server.stop()
