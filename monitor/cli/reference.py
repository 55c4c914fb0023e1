"""The reference of config.toml as Markdown, made from the models, so that it cannot say what is not so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from monitor.channels import channels
from monitor.config import Config, Secret
from monitor.sources import sources

INTRO = """# Configuration

Every key of config.toml, made from the code by `python bot.py config reference`. Durations are written "90s", "15m",
"12h", "2d" or as a number of seconds; secrets are `{ env = "NAME" }` or `{ file = "PATH" }`, never the value itself.
Unknown keys are errors. Keys without a default are needed.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join([INTRO, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    for name, field in Config.model_fields.items():
        inner = _model(field.annotation)
        if inner is None:
            continue
        brackets = f"[[{name}]]" if "list" in str(field.annotation) else "[channels.NAME]" if name == "channels" else f"[{name}]"
        yield f"\n## `{brackets}`\n"
        if inner.__doc__:
            yield inner.__doc__.strip().splitlines()[0] + "\n"
        yield from _table(inner)
        if name == "account":
            for kind, source in sources().items():
                if source.Options.model_fields:
                    yield f"\nAccounts of source `{kind}` besides:\n"
                    yield from _table(source.Options)
        if name == "channels":
            for kind, channel in sorted(channels().items()):
                yield f'\n### `type = "{kind}"`\n'
                yield from _table(channel.Settings)
    yield "\n## `[sources.NAME]`\n"
    for kind, source in sources().items():
        yield f"\n### `[sources.{kind}]`\n"
        yield from _table(source.Settings)


def _table(model: type[BaseModel]) -> Iterator[str]:
    if not model.model_fields:
        yield "No keys of its own."
        return
    yield "| key | default | what it is |"
    yield "|---|---|---|"
    for name, field in model.model_fields.items():
        words = (field.description or _choices(field.annotation)).replace("|", "\\|")
        yield f"| `{field.alias or name}` | {_default(field)} | {words} |"
        inner = _model(field.annotation)
        if inner is not None and inner is not Secret:
            for key, one in inner.model_fields.items():
                yield f"| `{field.alias or name}.{one.alias or key}` | {_default(one)} | {(one.description or _choices(one.annotation)).replace('|', chr(92) + '|')} |"


def _model(annotation: Any) -> type[BaseModel] | None:
    """The table inside `Model`, `Model | None`, `list[Model]`, `dict[str, Model]`."""
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return ""
    return f"`{json.dumps(value, ensure_ascii=False, default=list)}`"


def _choices(annotation: Any) -> str:
    """The words a key may have, where it has no sentence."""
    words = [str(word) for word in get_args(annotation) if isinstance(word, str)]
    inner = [str(word) for one in get_args(annotation) for word in get_args(one) if isinstance(word, str)]
    return ", ".join(words or inner)
