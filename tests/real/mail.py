"""A real SMTP server on loopback (aiosmtpd) that keeps what it gets and refuses or stalls as it is told."""

from __future__ import annotations

import email
import email.policy
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.real.beds import HOST, unused_port, wait_until


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail: the envelope, and the message parsed."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class Mailbox:
    """Accepts every mail unless `then` put other replies to DATA in line (`"451 try later"`)."""

    def __init__(self, port: int):
        self.host, self.port = HOST, port
        self.mails: list[Mail] = []
        self._replies: deque[str] = deque()

    def then(self, *replies: str) -> None:
        self._replies.extend(replies)

    def wait(self, count: int, within: float = 10.0) -> list[Mail]:
        wait_until(lambda: len(self.mails) >= count, f"{count} mails (there are {len(self.mails)})", within)
        return list(self.mails)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """aiosmtpd's hook: a whole mail has arrived; the reply to it."""
        reply = self._replies.popleft() if self._replies else "250 accepted"
        if reply.startswith("2"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append(Mail(envelope.mail_from, tuple(envelope.rcpt_tos), message))
        return reply


@contextmanager
def running() -> Iterator[Mailbox]:
    mailbox = Mailbox(unused_port())
    controller = Controller(mailbox, hostname=HOST, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
