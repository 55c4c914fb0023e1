"""What is wrong with a configuration, for people: the key, the value, the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

SHOWN = 60  # characters of a wrong value


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: `account[3].every: "soon": a duration is written …`."""

    key: str
    value: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.value}: {self.remedy}" if self.value else f"{self.key}: {self.remedy}"


class ConfigError(Exception):
    """A configuration that cannot be used. `problems` holds each thing wrong."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


def path_of(parts: Iterable[object], prefix: str = "") -> str:
    """`("account", 3, "every")` as `account[3].every`; counting from one, as people do."""
    path = prefix
    for part in parts:
        path += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def shown(value: object) -> str:
    if isinstance(value, dict | list) or value is None:
        return ""
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` did you mean "x"?`, or the known words where none is near."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(known)}"


def _keys_at(model: type[BaseModel], parts: Sequence[object]) -> list[str]:
    """The keys a table may have, found by walking the model along an error's path."""
    current: Any = model
    for part in parts:
        if isinstance(part, int):
            continue
        if not (isinstance(current, type) and issubclass(current, BaseModel)):
            return []
        field = next((f for n, f in current.model_fields.items() if str(part) in (n, f.alias)), None)
        if field is None:
            return []
        current = field.annotation
        for _ in range(4):  # list[Model], Model | None, dict[str, Model]
            inner = [a for a in getattr(current, "__args__", ()) if a is not type(None) and a is not str]
            if not inner:
                break
            current = inner[0]
    return [f.alias or n for n, f in current.model_fields.items()] if hasattr(current, "model_fields") else []


def _remedy(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        return "unknown key; " + did_you_mean(str(error["loc"][-1]), _keys_at(model, error["loc"][:-1]))
    if kind == "missing":
        return "this key is needed"
    if kind == "literal_error":
        choices = [c.strip(" '") for c in str(context.get("expected", "")).replace(" or ", ", ").split(", ")]
        value = error["input"]
        return "not a known value; " + (did_you_mean(value, choices) if isinstance(value, str) else "one of " + ", ".join(choices))
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    return error["msg"][:1].lower() + error["msg"][1:]


def explain(error: ValidationError, model: type[BaseModel], prefix: str = "", skip: int = 0) -> list[Problem]:
    """A pydantic error as problems. `prefix` is the path above; `skip` drops leading parts of each path."""
    problems = []
    for detail in error.errors(include_url=False):
        value = "" if detail["type"] in ("missing", "extra_forbidden") else shown(detail["input"])
        secret = any(isinstance(p, str) and p in ("secret", "token", "password", "url", "signing_key") for p in detail["loc"])
        key = path_of(detail["loc"][skip:], prefix)
        problems.append(Problem(key or "config.toml", "(not shown)" if secret and value else value, _remedy(detail, model)))
    return problems
