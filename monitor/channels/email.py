"""Email over SMTP with TLS: text and HTML, a stable Message-ID, threads by References.

The message's bytes are the same at every try. A server that breaks off after the end of the data may have taken the
message: that is in doubt; everything before is not. SMTP removes no duplicates, so a repeat says that it may be one.
Sources: RFC 5321 (replies), RFC 5322 (Message-ID, References), RFC 3834 (Auto-Submitted), RFC 2047 by the standard library
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from monitor.channels import DeliveryError, Guarantee
from monitor.channels.base import Base, ChannelSettings, Step, Style
from monitor.channels.text import cut, host_of
from monitor.channels.wire import REFUSED, resolve, verified
from monitor.channels.words import Words, plain, words
from monitor.config import Secret
from monitor.model import Delivery, Earlier, Message, Receipt

SUBJECT = 200  # characters; RFC 5322 folds long ones, people do not read them
TIMEOUT = 15.0  # seconds for each exchange


class EmailSettings(ChannelSettings):
    host: str = Field(min_length=1, description="The SMTP server.")
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = Field("starttls", description="implicit: TLS from the start (port 465).")
    ca: str | None = Field(None, description="File with the certificate authority of a server of your own.")
    user: str | None = None
    password: Secret | None = None
    sender: str = Field(description='"Hotline <alerts@example.org>"')
    to: list[str] = Field(min_length=1, max_length=50)

    @field_validator("sender", "to")
    @classmethod
    def _addresses(cls, value: str | list[str]) -> str | list[str]:
        for text in [value] if isinstance(value, str) else value:
            found = parseaddr(text)[1]
            local, at, domain = found.rpartition("@")
            if (
                not (at and local and domain)
                or not found.isascii()
                or any(c.isspace() or c in "<>,;" for c in found)
                or not text.isprintable()
            ):
                raise ValueError("an address is written name@example.org or Name <name@example.org>")
        return value

    @model_validator(mode="after")
    def _login(self) -> EmailSettings:
        if (self.user is None) != (self.password is None):
            raise ValueError("give user and password together")
        if self.password is not None and self.tls == "none":
            raise ValueError("a password is only sent over TLS: set tls to starttls or implicit")
        return self


class Email(Base):
    """One message a delivery, to all its readers."""

    kind: ClassVar[str] = "email"
    Settings = EmailSettings
    guarantee = Guarantee("resend_marked", None, "at least once; a possible repeat is marked and keeps its Message-ID")

    def compose(self, message: Message, style: Style) -> dict[str, Any]:
        w = words(message)
        body: dict[str, Any] = {
            "subject": cut(w.headline, SUBJECT),
            "text": plain(w, self.say, mark="> ") + "\n",
            "date": format_datetime(self.tools.clock()),
            "id": w.id,
        }
        if style == "rich":
            body["html"] = self._html(w)
        return body

    def steps(self, message: Message, earlier: Earlier | None, style: Style) -> list[Step]:
        steps = super().steps(message, earlier, style)
        if earlier is not None:
            steps[0]["body"]["references"] = earlier.provider_id
        return steps

    async def step(self, step: Step, delivery: Delivery, number: int) -> Receipt:
        s = self.settings
        ident = f"<{delivery.key}@{parseaddr(s.sender)[1].rpartition('@')[2]}>"
        try:
            content = _bytes(step["body"], ident, s.sender, s.to)
        except (ValueError, MessageError, UnicodeError):
            raise DeliveryError("rejected", "the message cannot be written as mail") from None
        addresses = await resolve(s.host, s.port, self.tools.guard)
        login = (s.user, self.secret(s.password)) if s.password else None
        context = verified(s.ca) if s.tls != "none" else None
        wire = Wire(addresses, s.host, s.port, s.tls, context, login)
        recipients = [parseaddr(text)[1] for text in s.to]
        refused = await asyncio.to_thread(wire.send, parseaddr(s.sender)[1], recipients, content)
        return Receipt(ident, None, f"{len(refused)} of {len(recipients)} readers refused by the server" if refused else "")

    async def check(self) -> str:
        s = self.settings
        addresses = await resolve(s.host, s.port, self.tools.guard)
        login = (s.user, self.secret(s.password)) if s.password else None
        wire = Wire(addresses, s.host, s.port, s.tls, verified(s.ca) if s.tls != "none" else None, login)
        await asyncio.to_thread(wire.look)
        return f"SMTP at {s.host}, {s.tls}, {'logged in' if login else 'no login'}, {len(s.to)} reader(s)"

    def _html(self, w: Words) -> str:
        e = html.escape
        parts = [f'<h2 style="margin:0 0 .5em;color:#{w.colour:06x}">{e(w.headline)}</h2>']
        if w.lines:
            parts.append("<ul>" + "".join(f"<li>{e(text)}</li>" for text in w.lines) + "</ul>")
        if w.quote:
            quote, at = "", 0
            for start, end in w.spans:
                quote += e(w.quote[at:start]) + f"<mark>{e(w.quote[start:end])}</mark>"
                at = end
            quote += e(w.quote[at:])
            style = f"margin:0;padding:.2em 1em;border-left:4px solid #{w.colour:06x}"
            parts.append(f'<blockquote style="{style}">{quote}</blockquote>'.replace("\n", "<br>"))
            if w.note:
                parts.append(f"<p><i>{e(w.note)}</i></p>")
        for label, link in ((self.say["post"], w.link), (self.say["review"], w.review)):
            if link:
                parts.append(f'<p><a href="{e(link)}">{e(label)} ({e(host_of(link))})</a></p>')
        parts.append(f'<p style="color:#666">{e(w.footer)}</p>')
        return "<!doctype html><html><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def _bytes(body: dict[str, Any], ident: str, sender: str, to: Sequence[str]) -> bytes:
    """The whole mail; the same values give the same bytes."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(sender)
    mail["To"] = [_mailbox(text) for text in to]
    mail["Subject"] = body["subject"]
    mail["Date"] = body["date"]
    mail["Message-ID"] = ident
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Hotline-Id"] = body["id"]
    if body.get("references"):
        mail["In-Reply-To"] = mail["References"] = body["references"]
    mail.set_content(body["text"], cte="base64")
    if body.get("html"):
        mail.add_alternative(body["html"], subtype="html", cte="base64")
        mail.set_boundary("=_" + hashlib.sha256(ident.encode()).hexdigest()[:32])
    return mail.as_bytes()


def _mailbox(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)


class _Guarded(smtplib.SMTP):
    """Connects to an address that was checked; the certificate is still compared with the host's name."""

    def __init__(self, wire: Wire, address: str) -> None:
        self._wire, self._address = wire, address
        super().__init__(wire.host, wire.port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain_socket = socket.create_connection((self._address, port), timeout)
        if self._wire.tls == "implicit" and self._wire.context:
            return self._wire.context.wrap_socket(plain_socket, server_hostname=host)
        return plain_socket


class Wire:
    """One SMTP session in a worker thread. Raises DeliveryError by how far it came."""

    def __init__(
        self,
        addresses: Sequence[str],
        host: str,
        port: int,
        tls: str,
        context: ssl.SSLContext | None,
        login: tuple[str, str] | None,
    ) -> None:
        self.addresses, self.host, self.port, self.tls, self.context, self.login = addresses, host, port, tls, context, login

    def send(self, sender: str, recipients: Sequence[str], content: bytes) -> list[str]:
        """The readers that were refused; at least one was accepted."""
        return self._session(lambda smtp: _transaction(smtp, sender, recipients, content))

    def look(self) -> list[str]:
        return self._session(lambda smtp: [])  # noqa: ARG005 - connected and logged in is all it asks

    def _session(self, work: Callable[[smtplib.SMTP], list[str]]) -> list[str]:
        try:
            smtp = self._open()
        except smtplib.SMTPResponseException as error:
            raise _replied(error.smtp_code, "rejected") from None
        except (OSError, smtplib.SMTPException):
            raise DeliveryError("retry", REFUSED) from None
        try:
            return work(smtp)
        finally:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):  # delivered or not, that is settled
                smtp.close()

    def _open(self) -> smtplib.SMTP:
        last: Exception = OSError("no address")
        for address in self.addresses:
            try:
                smtp = _Guarded(self, address)
            except OSError as error:
                last = error
                continue
            try:
                smtp.ehlo_or_helo_if_needed()
                if self.tls == "starttls":
                    try:
                        smtp.starttls(context=self.context)
                    except smtplib.SMTPNotSupportedError:
                        raise DeliveryError("permanent", "the mail server offers no STARTTLS: set tls to implicit") from None
                    smtp.ehlo()
                if self.login:
                    try:
                        smtp.login(*self.login)
                    except smtplib.SMTPAuthenticationError:
                        raise DeliveryError("permanent", "the mail server refused user or password") from None
                    except smtplib.SMTPNotSupportedError:
                        raise DeliveryError("permanent", "the mail server offers no login here") from None
            except BaseException:
                smtp.close()
                raise
            return smtp
        raise last


def _transaction(smtp: smtplib.SMTP, sender: str, recipients: Sequence[str], content: bytes) -> list[str]:
    try:
        code, _ = smtp.mail(sender, ["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else [])
        if code != 250:
            raise _replied(code, "permanent")
        refused, codes = [], []
        for recipient in recipients:
            code, _ = smtp.rcpt(recipient)
            if 400 <= code < 500:
                raise _replied(code, "rejected")  # nothing was sent yet: all readers get it together later
            if code not in (250, 251):
                refused.append(recipient)
                codes.append(code)
        if len(refused) == len(recipients):
            raise _replied(codes[0], "permanent")
    except (OSError, smtplib.SMTPException):
        raise DeliveryError("retry", "the mail server broke off before the message") from None
    try:
        code, _ = smtp.data(content)
    except smtplib.SMTPDataError as error:
        raise _replied(error.smtp_code, "rejected") from None
    except (OSError, smtplib.SMTPException):
        raise DeliveryError("unknown", "the mail server broke off while it took the message") from None
    if code != 250:
        raise _replied(code, "rejected")
    return refused


def _replied(code: int, final: Literal["permanent", "rejected"]) -> DeliveryError:
    """A refusal in SMTP's own terms: 4xx passes by itself, 5xx does not."""
    if code in (530, 534, 535, 538):
        return DeliveryError("permanent", f"the mail server wants other credentials (reply {code})")
    return DeliveryError("retry" if 400 <= code < 500 or code < 0 else final, f"the mail server refused (reply {code})")
