"""A mail server on loopback (aiosmtpd), which takes letters, or does what real ones do instead."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

from domain.config import Encryption, MailServer

Answer = Callable[[int], str]  # of how many were asked for before
OK = "250 OK"


class Postbox:
    """`received` are the letters that it took; `to_recipient` and `to_letter` answer RCPT TO and DATA."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, password: str | None = None) -> None:
        self.received: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.recipients = self.letters = 0
        self.to_recipient: Answer = lambda count: OK
        self.to_letter: Answer = lambda count: OK
        self.hangs_s = 0.0
        self._tls, self._password = tls, password

    def __enter__(self) -> "Postbox":
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def settings(self, **changes: Any) -> MailServer:
        """How a sender gets here."""
        given = {
            "host": "127.0.0.1",
            "port": self.port,
            "encryption": Encryption.NONE,
            "user": None,
            "password": None,
            "sender_name": "InterVET",
            "sender": "mobility@intervet.example",
        }
        return MailServer(**{**given, **changes})  # type: ignore[arg-type]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """RCPT TO."""
        self.recipients += 1
        answer = self.to_recipient(self.recipients - 1)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """The letter; an answer `hang` never comes, and at `die` the line is cut when the letter has been taken."""
        self.letters += 1
        answer = self.to_letter(self.letters - 1)
        if answer == "hang":
            await asyncio.sleep(self.hangs_s)
        if answer in (OK, "die"):
            self.raw.append(envelope.content)
            self.received.append(message_from_bytes(envelope.content, policy=default))
            self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        if answer == "die":
            server.transport.abort()
        return OK if answer in ("hang", "die") else answer

    async def _listen(self) -> Any:
        options: dict[str, Any] = {"hostname": "mail.test", "enable_SMTPUTF8": False}
        if self._tls is not None:
            options |= {"tls_context": self._tls, "require_starttls": True}
        if self._password is not None:
            options |= {"authenticator": self._authenticate, "auth_required": True}
        return await self._loop.create_server(lambda: SMTP(self, loop=self._loop, **options), "127.0.0.1", 0)

    def _authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == (self._password or "").encode(), handled=False)

    async def _close(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)


def wait_for(found: Callable[[], Any], *, seconds: float = 10) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
