"""`labels`: the desk's judgements as a file in the corpus format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

import click

from monitor.cli.assemble import leaders_of
from monitor.cli.base import find_config, read_config
from monitor.cli.log import database_option
from monitor.config import ConfigError
from monitor.leaders import load
from monitor.review.labels import corpus, labelled
from monitor.store import Reading


@click.group()
def labels() -> None:
    """What people judged at the review desk."""


@labels.command()
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
@database_option
def export(path: Path, *, file: TextIO) -> None:
    """Write the labels to FILE (default: standard output), one JSON object a line, as a corpus to measure and fit the matcher on.

    Each has id, lang, account, holder, date, text, label, mode, status, participants, hard, weight; and who judged it how.
    """
    try:
        given = click.get_current_context().find_root().obj
        find_config(given)
        registry = leaders_of(read_config(given)[0])
    except ConfigError:  # --database without a configuration: the shipped registry
        registry = load()
    with Reading(path) as reading:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in corpus(labelled(reading), registry))
