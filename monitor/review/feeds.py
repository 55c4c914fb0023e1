"""Contacts as Atom (RFC 4287), iCalendar (RFC 5545) and CSV (RFC 4180). Pure; everything that posts said is escaped here."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from monitor.review.links import part
from monitor.review.words import clean, confidence, country_name, moment, what

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMULA = "=+-@\t\r"
LINE = 75
"""Octets of a line of iCalendar before it is folded (RFC 5545, 3.1)."""

COLUMNS = (
    "contact", "opened_at", "took_place", "names", "mode", "status", "confidence", "when_start", "when_end", "when_precision", "place",
    "place_country", "topics", "spoken", "silent", "readout", "readout_at", "conflict", "lapsed", "retracted", "posts", "alerts",
    "first_sent_at", "latency", "parties", "first_account", "first_text", "first_url",
)  # fmt: skip


def xml(text: object) -> str:
    """Text for XML: markup escaped, characters that XML has not left out."""
    return escape(_NO_XML.sub("\ufffd", str(text)))


def xml_attribute(text: object) -> str:
    """The same as a quoted attribute."""
    return quoteattr(_NO_XML.sub("\ufffd", str(text)))


def title(contact: Mapping[str, Any]) -> str:
    said = f"{clean(contact['names'], 200) or 'Unnamed parties'}: {what(contact['mode'], contact['status']).lower()}"
    return f"RETRACTED: {said}" if contact["retracted"] else said


def facts(contact: Mapping[str, Any]) -> list[str]:
    """The lines below a title."""
    lines = [f"Sure: {confidence(contact['confidence'])}"]
    if contact["spoken"]:
        lines.append("Spoken: " + ", ".join(country_name(code) for code in contact["spoken"]))
    if contact["silent"]:
        lines.append("Silent so far: " + ", ".join(country_name(code) for code in contact["silent"]))
    if contact["readout"] != "none":
        lines.append(f"Readout: {contact['readout']}")
    if contact["conflict"]:
        lines.append(f"The accounts differ: {clean(contact['conflict'], 300)}")
    first = contact["first"]
    if first and (first["text"] or first["title"]):
        lines.append(f"@{clean(first['account'].partition(':')[2])}: {clean(first['text'] or first['title'], 500)}")
    return lines


def atom(contacts: Sequence[Mapping[str, Any]], *, name: str, address: str, itself: str, now: datetime) -> str:
    """A feed. `address` is the desk's own, `itself` the feed's."""
    newest = max((str(contact["updated_at"]) for contact in contacts), default=now.astimezone(UTC).isoformat())
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
        f"<id>{xml(itself)}</id>\n<title>{xml(name)}: contacts between leaders</title>\n<updated>{xml(newest)}</updated>\n"
        f"<author><name>{xml(name)}</name></author>\n"
        f'<link rel="self" href={xml_attribute(itself)}/>\n<link rel="alternate" href={xml_attribute(address + "/")}/>\n'
    )
    return head + "".join(_entry(contact, address) for contact in contacts) + "</feed>\n"


def _entry(contact: Mapping[str, Any], address: str) -> str:
    return (
        f"<entry>\n<id>urn:hotline:contact:{xml(part(contact['contact']))}</id>\n<title>{xml(title(contact))}</title>\n"
        f"<published>{xml(contact['opened_at'])}</published>\n<updated>{xml(contact['updated_at'])}</updated>\n"
        f"<link rel=\"alternate\" href={xml_attribute(address + '/contact/' + part(contact['contact']))}/>\n"
        f"<category term={xml_attribute(contact['mode'])}/>\n<category term={xml_attribute(contact['status'])}/>\n"
        f'<content type="text">{xml(chr(10).join(facts(contact)))}</content>\n</entry>\n'
    )


def calendar(contacts: Iterable[Mapping[str, Any]], *, name: str, address: str) -> str:
    """Events: timed where the posts give an hour, else of whole days."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Hotline//contacts//EN", "CALSCALE:GREGORIAN", f"X-WR-CALNAME:{ical(name)}: contacts"]
    for contact in contacts:
        lines += _event(contact, address)
    return "".join(fold(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def ical(text: object) -> str:
    """A value of type TEXT (RFC 5545, 3.3.11)."""
    kept = "".join(c for c in str(text).replace("\r\n", "\n").replace("\r", "\n") if c == "\n" or (ord(c) >= 32 and ord(c) != 127))
    kept = kept.encode("utf-8", "replace").decode("utf-8")
    return kept.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def fold(line: str) -> str:
    """A content line in lines of at most 75 octets; a character is never cut."""
    if len(line.encode()) <= LINE:
        return line
    pieces, size, limit = [""], 0, LINE
    for char in line:
        octets = len(char.encode())
        if size + octets > limit:
            pieces.append("")
            size, limit = 0, LINE - 1  # the space in front counts
        pieces[-1] += char
        size += octets
    return "\r\n ".join(pieces)


def _event(contact: Mapping[str, Any], address: str) -> list[str]:
    start, end = moment(contact["when_start"]) or moment(contact["took_place"]), moment(contact["when_end"])
    if start is None:
        return []
    timed = contact["when_precision"] in ("minute", "hour", None)
    if timed:
        begins = f"DTSTART:{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        until = max(end or start, start + timedelta(minutes=30))
        ends = f"DTEND:{until.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    else:
        first, last = start.astimezone(UTC).date(), (end or start).astimezone(UTC).date()
        begins, ends = f"DTSTART;VALUE=DATE:{first:%Y%m%d}", f"DTEND;VALUE=DATE:{max(last, first + timedelta(days=1)):%Y%m%d}"
    off = contact["retracted"] or contact["status"] in ("cancelled", "denied")
    state = "CANCELLED" if off else "TENTATIVE" if contact["status"] == "upcoming" else "CONFIRMED"
    stamp = (moment(contact["updated_at"]) or start).astimezone(UTC)
    where = [clean(contact["place"])] if contact["place"] else []
    where += [country_name(contact["place_country"])] if contact["place_country"] else []
    return [
        "BEGIN:VEVENT", f"UID:{ical(part(contact['contact']))}@hotline", f"DTSTAMP:{stamp:%Y%m%dT%H%M%SZ}", begins, ends,
        f"SUMMARY:{ical(title(contact))}", *([f"LOCATION:{ical(', '.join(where))}"] if where else []),
        f"DESCRIPTION:{ical(chr(10).join(facts(contact)))}", f"URL:{address}/contact/{part(contact['contact'])}",
        f"STATUS:{state}", "TRANSP:TRANSPARENT", "END:VEVENT",
    ]  # fmt: skip


def cell(value: Any) -> Any:
    """A cell that no spreadsheet runs as a formula."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        value = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
        return "'" + value if value[:1] and value[:1] in FORMULA else value
    return value


def flat(contact: Mapping[str, Any]) -> dict[str, Any]:
    """A contact as one row."""
    first = contact["first"] or {}
    row = {name: contact.get(name) for name in COLUMNS}
    row |= {
        "spoken": " ".join(contact["spoken"]), "silent": " ".join(contact["silent"]),
        "parties": "; ".join(f"{clean(p['name'] or '')} ({p['country'] or '?'})".strip() for p in contact["parties"]),
        "first_account": first.get("account"), "first_text": first.get("text") or first.get("title"), "first_url": first.get("url"),
    }  # fmt: skip
    return row


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
    return out.getvalue()
