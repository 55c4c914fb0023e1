"""The console: a panel for a person, plain lines for a pipe, or JSON lines for a program."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TextIO

from pydantic import Field
from rich.console import Console as Terminal
from rich.console import Group
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style, Tools
from monitor.channels.words import Words, packed, plain, unpacked, words
from monitor.model import Delivery, Message, Receipt

WIDTH = 100
"""Columns of a panel at most: longer lines read badly."""


class ConsoleSettings(ChannelSettings):
    format: Literal["auto", "pretty", "plain", "json"] = Field(
        "auto", description="auto: a panel on a terminal, plain text in a pipe; json: one line an alert."
    )


class Console(Base):
    """Prints to standard output. A line printed is a line delivered; after a crash in between it is printed again, marked."""

    kind: ClassVar[str] = "console"
    Settings = ConsoleSettings
    guarantee = Guarantee("resend_marked", None, "at least once; a repeat after a crash is marked")

    def __init__(self, name: str, settings: ConsoleSettings, tools: Tools, stream: TextIO | None = None) -> None:
        super().__init__(name, settings, tools)
        self._stream = stream

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        return {"message": packed(message), "style": style}

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        try:
            await asyncio.to_thread(self._print, step["body"])
        except (OSError, ValueError):  # ValueError: the stream was closed
            raise DeliveryError("permanent", "standard output is closed") from None
        return Receipt()

    async def check(self) -> str:
        return f"standard output, {self._format()}"

    def _format(self) -> str:
        chosen = str(self.settings.format)
        return chosen if chosen != "auto" else "pretty" if self._out.isatty() else "plain"

    @property
    def _out(self) -> TextIO:
        return self._stream or sys.stdout

    def _print(self, body: Mapping[str, Any]) -> None:
        message, out = unpacked(body["message"]), self._out
        chosen = "plain" if body["style"] != "rich" and self._format() == "pretty" else self._format()
        w = words(message, defang=chosen != "json")
        if chosen == "json":
            out.write(json.dumps(packed(message), ensure_ascii=True) + "\n")
        elif chosen == "plain":
            text = plain(w, self.say) + "\n\n"
            out.write(text.encode(out.encoding or "utf-8", "replace").decode(out.encoding or "utf-8"))
        else:
            terminal = Terminal(file=out, highlight=False, emoji=False, markup=False, soft_wrap=False)
            terminal.width = min(terminal.width, WIDTH)
            terminal.print(panel(w, self.say, terminal))
        out.flush()


def panel(w: Words, say: Mapping[str, str], terminal: Terminal) -> Panel:
    """What a desk reads in two seconds: headline on top, facts, the quote with its evidence lit, where it is from."""
    colour = f"#{w.colour:06x}"
    parts: list[Text | Padding] = [Text(w.headline, style=f"bold {colour}")]
    parts += [Text(f"  {text}") for text in w.lines]
    if w.quote:
        quote = Text(w.quote, style="italic")
        for start, end in w.spans:
            quote.stylize("bold not italic underline", start, end)
        body = Text()
        for part in quote.wrap(terminal, max(terminal.width - 8, 10)):  # every line of it behind our mark, wrapped ones too
            part.rstrip()
            body.append_text(Text("│ ", style=colour)).append_text(part).append("\n")
        body.rstrip()
        parts.append(Padding(body, (1, 0, 0 if w.note else 1, 1)))
        if w.note:
            parts.append(Padding(Text(f"({w.note})", style="dim"), (0, 0, 1, 1)))
    for label, link in ((say["post"], w.link), (say["review"], w.review)):
        if link:
            parts.append(Text.assemble((f"{label} ", "dim"), (link, f"link {link}")))
    parts.append(Text(w.source, style="dim"))
    return Panel(Group(*parts), border_style=colour, title=Text(w.kind.replace("_", " ").upper(), style=f"bold {colour}"),
                 title_align="left", subtitle=Text(w.id, style="dim"), subtitle_align="right", padding=(0, 1))  # fmt: skip
