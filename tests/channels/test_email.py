"""Mail against a real SMTP server in the same process, with TLS by an authority of the test's own."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from monitor.channels import DeliveryError
from monitor.channels.base import Tools
from monitor.http import Guard
from monitor.model import Earlier
from tests.channels.rows import NOW, SECRETS, delivery, env, make, message, reveal

TOOLS = Tools(None, reveal, lambda: NOW, Guard(True))  # type: ignore[arg-type] # mail needs no HTTP


class Postbox:
    """Keeps mail; `say` is a reply by command, `breaks` closes the connection after the data."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.say: dict[str, str] = {}
        self.breaks = False

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if "MAIL" in self.say:
            return self.say["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if f"RCPT {address}" in self.say or "RCPT" in self.say:
            return self.say.get(f"RCPT {address}", self.say.get("RCPT", ""))
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if "DATA" in self.say:
            return self.say["DATA"]
        self.mails.append((envelope.rcpt_tos, envelope.content))
        if self.breaks:
            self.breaks = False
            server.transport.abort()
        return "250 OK"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    ca, path = trustme.CA(), tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return ca, path


@asynccontextmanager
async def server(box: Postbox, authority: tuple[trustme.CA, Path], host: str = "localhost") -> AsyncIterator[dict[str, Any]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(host).configure_cert(context)

    def check(_: Any, __: Any, ___: Any, mechanism: str, login: LoginPassword) -> AuthResult:
        return AuthResult(success=login.password.decode() == SECRETS["PASSWORD"], handled=False)

    def session() -> SMTP:
        return SMTP(box, hostname="localhost", tls_context=context, authenticator=check, auth_require_tls=True)

    made = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    try:
        port = made.sockets[0].getsockname()[1]
        yield {"host": "localhost", "port": port, "ca": str(authority[1]), "user": "alerts", "password": env("PASSWORD"),
               "sender": "Hotline <alerts@example.org>", "to": ["Desk <desk@example.org>", "night@example.org"]}  # fmt: skip
    finally:
        made.close()


def shown(mail: Any, kind: str) -> str:
    return str(mail.get_body((kind,)).get_content())


async def post(own: dict[str, Any], earlier: Earlier | None = None, **more: Any) -> Any:
    channel = make("email", own, TOOLS)
    return await channel.send(delivery(channel.render(message(), earlier), **more))


async def test_a_mail_arrives_over_tls_with_text_html_and_a_stable_message_id(authority: Any) -> None:
    box = Postbox()
    async with server(box, authority) as own:
        receipt = await post(own)
        again = await post(own, attempt=2)
    (readers, first), (_, second) = box.mails
    assert first == second
    assert receipt.provider_id == again.provider_id == "<0123456789abcdef0123456789abcdef@example.org>"
    mail = email.message_from_bytes(first, policy=email.policy.default)
    assert readers == ["desk@example.org", "night@example.org"]
    assert mail["Message-ID"] == receipt.provider_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == message().headline
    assert "> STAY TUNED…" in shown(mail, "plain")
    assert "<mark>" in shown(mail, "html")


async def test_later_news_joins_the_thread_of_the_first_mail(authority: Any) -> None:
    box = Postbox()
    async with server(box, authority) as own:
        first = make("email", own, TOOLS).render(message(), None)
        await post(own, Earlier("<first@example.org>", None, first), key="k2")
    mail = email.message_from_bytes(box.mails[0][1], policy=email.policy.default)
    assert mail["In-Reply-To"] == mail["References"] == "<first@example.org>"


async def test_a_possible_repeat_says_so_in_the_subject_and_keeps_its_message_id(authority: Any) -> None:
    box = Postbox()
    async with server(box, authority) as own:
        receipt = await post(own, possible_repeat=True)
    mail = email.message_from_bytes(box.mails[0][1], policy=email.policy.default)
    assert mail["Subject"].startswith("POSSIBLE REPEAT")
    assert mail["Message-ID"] == receipt.provider_id


@pytest.mark.parametrize(
    ("say", "kind"),
    [
        ({"MAIL": "451 later"}, "retry"),
        ({"MAIL": "550 no"}, "permanent"),
        ({"RCPT": "450 greylisted"}, "retry"),
        ({"RCPT": "550 no such user"}, "permanent"),
        ({"RCPT night@example.org": "451 later"}, "retry"),
        ({"DATA": "452 full"}, "retry"),
        ({"DATA": "554 looks like spam"}, "rejected"),
    ],
)
async def test_a_reply_of_the_server_means_what_smtp_says(say: dict[str, str], kind: str, authority: Any) -> None:
    box = Postbox()
    box.say = say
    async with server(box, authority) as own:
        with pytest.raises(DeliveryError) as caught:
            await post(own)
    assert caught.value.kind == kind
    assert not box.mails


async def test_one_refused_reader_does_not_keep_the_mail_from_the_others(authority: Any) -> None:
    box = Postbox()
    box.say = {"RCPT night@example.org": "550 gone"}
    async with server(box, authority) as own:
        receipt = await post(own)
    assert box.mails[0][0] == ["desk@example.org"]
    assert receipt.detail == "1 of 2 readers refused by the server"


async def test_a_server_that_breaks_off_after_the_data_may_have_taken_it(authority: Any) -> None:
    box = Postbox()
    box.breaks = True
    async with server(box, authority) as own:
        with pytest.raises(DeliveryError) as caught:
            await post(own)
    assert caught.value.kind == "unknown"
    assert len(box.mails) == 1


async def test_a_wrong_password_suspends_the_channel_without_showing_it(authority: Any) -> None:
    async with server(Postbox(), authority) as own:
        with pytest.raises(DeliveryError) as caught:
            await post({**own, "password": env("TOKEN")})
    assert caught.value.kind == "permanent"
    assert SECRETS["TOKEN"] not in str(caught.value)


async def test_a_certificate_of_another_host_is_not_accepted(authority: Any) -> None:
    box = Postbox()
    async with server(box, authority, host="other.example") as own:
        with pytest.raises(DeliveryError) as caught:
            await post(own)
    assert caught.value.kind == "retry"
    assert not box.mails


async def test_a_private_mail_server_is_refused_unless_allowed(authority: Any) -> None:
    async with server(Postbox(), authority) as own:
        channel = make("email", own, Tools(TOOLS.http, reveal, lambda: NOW, Guard()))
        with pytest.raises(DeliveryError, match="allow_private") as caught:
            await channel.send(delivery(channel.render(message(), None)))
    assert caught.value.kind == "permanent"


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 9), ("nowhere.invalid", 25)])
async def test_no_connection_is_safe_to_try_again(host: str, port: int) -> None:
    with pytest.raises(DeliveryError) as caught:
        await post({"host": host, "port": port, "tls": "none", "sender": "a@b.example", "to": ["c@d.example"]})
    assert caught.value.kind == "retry"


async def test_probing_logs_in_and_sends_nothing(authority: Any) -> None:
    box = Postbox()
    async with server(box, authority) as own:
        assert "logged in" in await make("email", own, TOOLS).probe()
    assert not box.mails
