"""Logging in and out."""

from __future__ import annotations

from monitor.review.desk import Answer, Ask
from monitor.review.login import COOKIE, LASTS
from monitor.review.pages.acts import back
from monitor.review.render import render
from monitor.review.words import clean


def form(ask: Ask, words: str = "") -> Answer:
    """`/login?back=…`"""
    if ask.desk.session is None:
        return Answer(location=ask.links.page(""))
    return render(ask, "login.html", 403 if words else 200, words=words, back=ask.arg("back") or ask.sent("back"))


def enter(ask: Ask) -> Answer:
    """`POST /login`: name, password."""
    if ask.desk.session is None:
        return Answer(location=ask.links.page(""))
    who = clean(ask.sent("who"), 60)
    if not who:
        return form(ask, "Say who you are: it stands beside what you judge.")
    right = ask.desk.session.right(ask.sent("password"), ask.now)
    if not right:
        return form(ask, "That is not the password." if right is False else "Too many tries; wait a minute.")
    return Answer(
        location=back(ask, ask.links.page("")), headers={"set-cookie": _cookie(ask, ask.desk.session.ticket(who, ask.now), int(LASTS.total_seconds()))}
    )


def leave(ask: Ask) -> Answer:
    """`POST /logout`"""
    return Answer(location=ask.links.page("login"), headers={"set-cookie": _cookie(ask, "", 0)})


def _cookie(ask: Ask, value: str, seconds: int) -> str:
    secure = "; Secure" if ask.origin.startswith("https://") else ""
    return f"{COOKIE}={value}; Path={ask.desk.base or ''}/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
