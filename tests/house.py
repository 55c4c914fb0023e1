"""What holds the house together, as functions from a tree of files to sentences that say what is wrong and what to do.

The rooms and their floors are in `FLOORS`; a new room needs a line there. `test_house.py` runs these on the repository,
and on small made-up trees to prove that each can fail.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

FLOORS: Mapping[str, int] = {
    "model": 0, "leaders": 0, "contacts": 0, "decision": 0, "suspicion": 0,
    "match": 1, "correlate": 1, "route": 1, "compose": 1, "config": 1,
    "store": 2, "sources": 2, "channels": 2, "http": 2, "wikidata": 2,
    "stages": 3,
    "daemon": 4,
    "cli": 5, "bot": 5,
}  # fmt: skip
"""Floor of each room. Imports point down only; rooms of one floor do not see each other. `review` stands apart."""

BESIDE: Mapping[str, frozenset[str]] = {
    "leaders": frozenset({"model"}),
    "contacts": frozenset({"model", "leaders"}),
    "decision": frozenset({"model", "leaders", "contacts", "suspicion"}),
    "suspicion": frozenset({"model"}),
    "sources": frozenset({"http"}),
    "channels": frozenset({"http"}),
    "wikidata": frozenset({"http"}),
    "stages": frozenset({"sources", "channels"}),  # their contracts only, see `_contract_only`
}
"""Rooms that a room may see although they are not below it, or only by their contract."""

UNSEEN_BY: Mapping[str, frozenset[str]] = {
    "review": frozenset({"sources", "channels", "http", "wikidata", "stages", "daemon", "cli", "bot"}),
    "stages": frozenset({"http", "wikidata"}),
}
"""Rooms that a room may not see although they are below it: what they do arrives as an argument."""

THIRD_PARTY: Mapping[str, frozenset[str]] = {
    "match": frozenset({"re2", "babel"}),
    "route": frozenset({"re2"}),
    "compose": frozenset({"babel"}),
    "config": frozenset({"pydantic", "pydantic_core"}),
    "store": frozenset({"sqlite_utils"}),
    "sources": frozenset({"httpx", "pydantic"}),
    "channels": frozenset({"httpx", "pydantic"}),
    "http": frozenset({"httpx", "httpx_aiohttp", "httpcore", "aiohttp"}),
    "wikidata": frozenset({"httpx"}),
    "daemon": frozenset({"aiohttp", "apscheduler", "httpx", "prometheus_client", "pydantic"}),
    "cli": frozenset({"click", "httpx", "rich", "pydantic"}),
    "review": frozenset({"datasette", "jinja2", "markupsafe", "sqlite_utils", "uvicorn"}),
}
"""Packages a room may use. Everything not named here is standard library only."""

OWN_PACKAGE: Mapping[str, frozenset[str]] = {
    "sources.bluesky": frozenset({"atproto", "atproto_client", "atproto_core", "atproto_identity"}),
    "sources.feed": frozenset({"feedparser"}),
    "sources.inbound": frozenset({"aiohttp"}),
    "channels.console": frozenset({"rich"}),
    "channels.apprise": frozenset({"apprise"}),
}
"""The one more package that a single source or channel, with its files `NAME_….py`, may use."""

PURE_BANS = frozenset({"logging", "time", "sqlite3", "socket", "ssl", "asyncio", "urllib.request", "http.client", "subprocess",
                       "threading", "random", "secrets", "uuid"})  # fmt: skip
"""Standard modules that floors 0 and 1 do without: no clock, network, database, logging or randomness."""

NEVER = frozenset({"pickle", "marshal", "shelve", "dill", "yaml", "xml.etree", "xml.dom", "xml.sax"})
"""Modules that turn hostile bytes into code or memory. `xml.sax.saxutils` only escapes and is fine."""


@dataclass(frozen=True)
class Module:
    """One Python file of the tree: `name` is dotted and below `monitor` (`sources.bluesky.feed`), or `bot`."""

    path: Path
    shown: str
    name: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return self.name.split(".")[0]

    @property
    def part(self) -> str:
        """Room and file or folder within it: `sources.bluesky`."""
        return ".".join(self.name.split(".")[:2])

    @property
    def floor(self) -> int | None:
        return FLOORS.get(self.room)


def modules(root: Path) -> list[Module]:
    """Every Python file of `bot.py` and `monitor/` under root."""
    files = sorted((root / "monitor").rglob("*.py")) + [path for path in (root / "bot.py",) if path.exists()]
    found = []
    for path in files:
        shown = path.relative_to(root).as_posix()
        dotted = shown.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        found.append(Module(path, shown, dotted.removeprefix("monitor."), ast.parse(path.read_text("utf-8"), filename=shown)))
    return found


def imports(module: Module) -> Iterator[tuple[int, str, str | None]]:
    """(line, module, name) of each import anywhere in the file, `name` None for a plain `import x`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, None
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, node.module, alias.name


def registered(root: Path, room: str) -> frozenset[str]:
    """Names of the sources or channels in the registry function of `room`, read from its source."""
    path = root / "monitor" / room / "__init__.py"
    if not path.exists():
        return frozenset()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name == room:
            inner = [item.module for item in ast.walk(node) if isinstance(item, ast.ImportFrom) and item.module]
            return frozenset(name.split(".")[2] for name in inner if name.startswith(f"monitor.{room}."))
    return frozenset()


def rooms_without_floor(root: Path) -> list[str]:
    return [
        f"{module.shown}: the room `{module.room}` has no floor; give it one in FLOORS of tests/house.py, or move the file into a room"
        for module in modules(root)
        if module.name not in ("monitor", "review") and module.room not in FLOORS and module.room != "review"
    ]


def imports_pointing_up(root: Path) -> list[str]:
    """Imports between rooms that the floors do not allow."""
    wrong = []
    for module in modules(root):
        for line, target, name in imports(module):
            room = _room(target, name)
            if room is None or room == module.room or room not in {*FLOORS, "review"}:
                continue
            why = _why_not(module, target, name, room)
            if why:
                wrong.append(f"{module.shown}:{line}: imports `{target}`: {why}")
    return wrong


def _room(target: str, name: str | None) -> str | None:
    """The room that `import target` or `from target import name` reaches into."""
    pieces = target.split(".")
    if pieces[0] == "bot":
        return "bot"
    if pieces[0] != "monitor":
        return None
    return pieces[1] if len(pieces) > 1 else name


def _why_not(module: Module, target: str, name: str | None, room: str) -> str | None:
    if room in UNSEEN_BY.get(module.room, frozenset()):
        return f"`{module.room}` does not see `{room}`; take what you need as an argument"
    if module.room in ("sources", "channels", "stages") and room in BESIDE[module.room]:
        return _contract_only(module, target, name, room)
    if room in BESIDE.get(module.room, frozenset()):
        return None
    if module.room == "review":
        return None
    if room == "review":
        return None if module.room == "cli" else "only the command line opens the review desk"
    own = FLOORS.get(module.room, -1)
    if FLOORS[room] < own:
        return None
    if FLOORS[room] > own:
        return f"floor {own} may not look up to floor {FLOORS[room]}; move the shared part down, or take it as an argument"
    if own == 5:
        return None
    return f"siblings of floor {own} do not see each other; put what both need on a lower floor, or pass it as a value"


def _contract_only(module: Module, target: str, name: str | None, room: str) -> str | None:
    if module.room != "stages":
        return None
    if target == f"monitor.{room}" and name not in (None, room):
        return None
    return f"a stage sees only the contract in monitor/{room}/__init__.py; the objects themselves arrive as arguments"


def siblings_seeing_each_other(root: Path) -> list[str]:
    """One source using another, one channel another, one stage another."""
    families = {room: registered(root, room) for room in ("sources", "channels")}
    families["stages"] = frozenset({"poll", "triage", "deliver", "watch"})
    wrong = []
    for module in modules(root):
        family = families.get(module.room, frozenset())
        if module.name == module.room:
            continue
        for line, target, name in imports(module):
            pieces = [*target.split("."), *([name] if name else [])]
            if pieces[:2] != ["monitor", module.room] or len(pieces) < 3:
                continue
            for part in (f"{module.room}.{member}" for member in sorted(family)):
                if not _belongs(f"{module.room}.{pieces[2]}", part) or _belongs(module.part, part):
                    continue
                wrong.append(
                    f"{module.shown}:{line}: imports `{pieces[2]}` of `{part}`: {module.room} do not import each other; "
                    f"put the shared part into a file of {module.room}/ that is none of them"
                )
    return wrong


def _belongs(part: str, owner: str) -> bool:
    """Whether the file or folder `part` is `owner` or one of its files `OWNER_….py`."""
    return part == owner or part.startswith(f"{owner}_")


def packages_out_of_place(root: Path) -> list[str]:
    """Third-party packages, and standard modules that a pure room does without."""
    wrong = []
    for module in modules(root):
        own = [packages for part, packages in OWN_PACKAGE.items() if _belongs(module.part, part)]
        allowed = THIRD_PARTY.get(module.room, frozenset()).union(*own)
        for line, target, name in imports(module):
            top = target.split(".")[0]
            if top not in sys.stdlib_module_names and top not in ("monitor", "bot") and top not in allowed:
                wrong.append(
                    f"{module.shown}:{line}: `{top}` is not a package of this room (allowed: {', '.join(sorted(allowed)) or 'none'}); "
                    "do it in the room that has it, or argue for a line in THIRD_PARTY of tests/house.py"
                )
            full = f"{target}.{name}" if name else target
            banned = [ban for ban in PURE_BANS if full == ban or full.startswith(f"{ban}.")]
            if banned and module.floor in (0, 1):
                wrong.append(f"{module.shown}:{line}: `{banned[0]}` on floor {module.floor}: pure rooms take time, randomness and input as arguments")
            if any(full == ban or full.startswith(f"{ban}.") for ban in NEVER) and not full.startswith("xml.sax.saxutils"):
                wrong.append(f"{module.shown}:{line}: `{full}` can run or explode on hostile input; use json, tomllib or feedparser")
            if top == "sqlite3" and module.room not in ("store", "review"):
                wrong.append(f"{module.shown}:{line}: `sqlite3` outside store/: ask the store for a method")
    return wrong
