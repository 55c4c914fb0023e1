"""Alerts and notices in words: one composition, rendered by every channel from the same parts. Pure; a catalogue a language."""

from __future__ import annotations

from monitor.compose.alert import alert
from monitor.compose.catalogue import LANGUAGES
from monitor.compose.notices import digest, notice
from monitor.compose.sign import contact_of, verify
from monitor.compose.values import Cause, Desk, Setting

__all__ = ["LANGUAGES", "Cause", "Desk", "Setting", "alert", "contact_of", "digest", "notice", "verify"]
