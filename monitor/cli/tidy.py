"""`tidy`: retention now, beside the daemon, which does the same once an hour."""

from __future__ import annotations

import click

from monitor.cli.base import as_json, database_path, now, out, print_json, read_config
from monitor.daemon.plan import retention
from monitor.store.tidy import tidy as remove


@click.command()
@as_json
@click.pass_obj
def tidy(config_path: str | None, *, as_json: bool) -> None:
    """Remove what [retention] says is too old, and give the space back to the disk. Hotline may run meanwhile.

    Post keys, who, when and what was found stay. A running Hotline does the same by itself, once an hour.
    """
    config, place = read_config(config_path)
    done = remove(database_path(config, place), retention(config), now()).as_dict()
    if as_json:
        print_json(done)
        return
    names = {"deleted": "texts of deleted posts", "unflagged": "texts of posts without a contact", "flagged": "texts of posts with one",
             "raw": "posts as received", "polls": "hours of polls"}  # fmt: skip
    told = [f"{done[key]:,} {name}" for key, name in names.items() if done[key]]
    out.print(("removed " + ", ".join(told) if told else "nothing was too old") + f"; {done['bytes'] / 1e6:,.1f} MB given back")
