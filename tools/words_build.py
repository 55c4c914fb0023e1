"""Builds the words for countries, capitals and peoples: `python -m tools.words_build`.

Country names and most capitals come from CLDR (Unicode licence, through `babel`); the rest from the tables in `tools/words/`.
Writes `countries.json`, `capitals.json`, `demonyms.json` and `sides.json` to `monitor/leaders/data/`, each language -> form -> code.
Base forms are inflected here where a language has regular endings; what only context can tell is left to the matcher.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from babel import Locale

from tools.inflect import INFLECT

ROOT = Path(__file__).parent.parent
WORDS = Path(__file__).parent / "words"
DATA = ROOT / "monitor" / "leaders" / "data"
LANGUAGES = ("en", "fr", "es", "pt", "de", "it", "nl", "el", "ru", "uk", "tr", "ar", "he", "hi", "zh", "ja")
TERRITORIES = ("GL", "PS", "TW", "XK", "FO", "PR", "GI")  # not members of the United Nations, but named by officials
NOT_A_NAME = re.compile(r"\s[-–]\s|SAR|RAE|САР|\d")

Table = dict[str, dict[str, str]]


def rows(name: str) -> Iterator[tuple[str, list[str]]]:
    """A table's lines as (code, cells)."""
    for line in (WORDS / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, rest = line.partition("\t")
            yield code, rest.split("|")


def put(table: Table, lang: str, forms: Iterable[str], code: str, clashes: list[str]) -> None:
    """Adds forms; one that already means another country keeps its first meaning and is reported."""
    for form in (form.strip() for form in forms):
        if form and table[lang].setdefault(form, code) != code:
            clashes.append(f"{lang}: {form!r} is {table[lang][form]} and {code}")


def sovereign() -> set[str]:
    """Codes of the states that the registry knows, and the territories above."""
    codes = set(TERRITORIES)
    for line in (DATA / "leaders.jsonl").read_text(encoding="utf-8").splitlines():
        codes.update(term[0] for term in json.loads(line).get("terms", ()) if len(term[0]) == 2)
    return codes - {"UN", "EU", "WB", "HK", "MO", "CD", "CG"}  # organisations, and states whose names in CLDR nobody writes


def names_of(name: str) -> list[str]:
    """A CLDR name as people write it: `Myanmar (Burma)` is two names, and the apostrophe is also typed straight."""
    if NOT_A_NAME.search(name):
        return []
    parts = [part.strip(" )）") for part in re.split(r"[(（]", name)]
    return [form for part in parts for form in dict.fromkeys((part, part.replace("’", "'")))]


def countries(clashes: list[str]) -> Table:
    table: Table = defaultdict(dict)
    for code, cells in rows("countries.tsv"):
        for lang, cell in zip(LANGUAGES, cells, strict=False):
            put(table, lang, cell.split(","), code, clashes)
    states = sovereign()
    for lang in LANGUAGES:
        for code, name in Locale.parse(lang).territories.items():
            if code in states:
                put(table, lang, names_of(name), code, clashes)
    return table


def capitals(clashes: list[str]) -> Table:
    table: Table = defaultdict(dict)
    zones = {lang: Locale.parse(lang).time_zones for lang in LANGUAGES}
    for code, cells in rows("capitals.tsv"):
        zone, _, first = cells[0].partition("=")
        if "/" in zone and not first:
            for lang in LANGUAGES:
                city = zones[lang].get(zone, {}).get("city")
                latin = zone.rsplit("/", 1)[1].replace("_", " ")
                put(
                    table,
                    lang,
                    names_of(city or (latin if lang in ("en", "fr", "es", "pt", "de", "it", "nl", "tr") else "")),
                    code,
                    clashes,
                )
        else:
            for lang, cell in zip(LANGUAGES, [first or zone, *cells[1:]], strict=False):
                put(table, lang, cell.split(","), code, clashes)
    for code, cells in rows("more_capitals.tsv"):
        for lang, cell in zip(LANGUAGES, cells, strict=False):
            put(table, lang, cell.split(","), code, clashes)
    return table


def demonyms(clashes: list[str]) -> Table:
    table: Table = defaultdict(dict)
    for code, cells in rows("demonyms.tsv"):
        for lang, cell in zip(LANGUAGES, cells, strict=False):
            put(table, lang, INFLECT[lang](cell), code, clashes)
    return table


def sides() -> Table:
    table: Table = defaultdict(dict)
    for lang, cells in rows("sides.tsv"):
        words = cells[0].split()
        table[lang] = dict(zip(words[::2], words[1::2], strict=True))
    return table


def expand(form: str) -> list[str]:
    """`president{,s}` as `president`, `presidents`."""
    found = re.search(r"\{([^{}]*)\}", form)
    if not found:
        return [form]
    return [each for part in found[1].split(",") for each in expand(form[: found.start()] + part + form[found.end() :])]


def titles() -> dict[str, dict[str, list[str]]]:
    """Language -> office -> forms, the longest first: `vice president` before `president`."""
    table: dict[str, dict[str, list[str]]] = {lang: {} for lang in LANGUAGES}
    for key, cells in rows("titles.tsv"):
        lang, office = key.split()
        forms = dict.fromkeys(each.strip() for form in "|".join(cells).split(";") for each in expand(form.strip()))
        table[lang][office] = sorted((form for form in forms if form), key=lambda form: (-len(form), form))
    return table


def write(name: str, table: Table) -> None:
    """One language a line, forms sorted: a change shows as the lines of the languages it touches."""
    lines = [
        f"{json.dumps(lang)}: {json.dumps(dict(sorted(table[lang].items())), ensure_ascii=False)}"
        for lang in LANGUAGES
        if table[lang]
    ]
    (DATA / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main() -> int:
    clashes: list[str] = []
    for name, table in (
        ("countries", countries(clashes)),
        ("capitals", capitals(clashes)),
        ("demonyms", demonyms(clashes)),
        ("sides", sides()),
    ):
        write(name, table)
        click.echo(f"{name}: {sum(map(len, table.values()))} forms")
    offices = titles()
    lines = [f"{json.dumps(lang)}: {json.dumps(offices[lang], ensure_ascii=False)}" for lang in LANGUAGES]
    (DATA / "titles.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    click.echo(f"titles: {sum(len(forms) for table in offices.values() for forms in table.values())} forms")
    for clash in clashes:
        click.echo(f"  kept the first: {clash}", err=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
