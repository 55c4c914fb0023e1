"""`tidy`: retention, beside the running daemon."""

from __future__ import annotations

from datetime import timedelta

import click

from monitor.cli.base import as_json, database_path, now, out, print_json, read_config
from monitor.config import Config
from monitor.store.tidy import Rules
from monitor.store.tidy import tidy as remove


def rules_of(config: Config) -> Rules:
    """The retention table as the store takes it."""
    table = config.retention

    def span(seconds: float | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)

    deleted = {source: timedelta(seconds=age) for source, age in table.deleted.items()}
    return Rules(span(table.raw), span(table.unflagged), span(table.flagged), span(table.polls), deleted)


@click.command()
@as_json
@click.pass_obj
def tidy(config_path: str | None, *, as_json: bool) -> None:
    """Remove what [retention] says is too old, and give the space back to the disk. Hotline may run meanwhile.

    Post keys, who, when and what was found stay. Run it once a day, from cron or a timer.
    """
    config, place = read_config(config_path)
    done = remove(database_path(config, place), rules_of(config), now()).as_dict()
    if as_json:
        print_json(done)
        return
    names = {"deleted": "texts of deleted posts", "unflagged": "texts of posts without a contact", "flagged": "texts of posts with one",
             "raw": "posts as received", "polls": "hours of polls"}  # fmt: skip
    told = [f"{done[key]:,} {name}" for key, name in names.items() if done[key]]
    out.print(("removed " + ", ".join(told) if told else "nothing was too old") + f"; {done['bytes'] / 1e6:,.1f} MB given back")
