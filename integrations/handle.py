"""One reusable libcurl handle with every door shut that an outroom POST does not need.

https://curl.se/libcurl/c/ names each option; what is said here is only why it has the value it has.
"""

import select
import socket
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO

import pycurl

from integrations.exchange import KEPT_REPLY_BYTES, ErrorClass, final_status

MayConnect = Callable[[str, int], bool]

LONGEST_IDLE_S = 60  # seconds; most servers close a kept connection after 60 to 75, and we had better be first
LONGEST_LIFE_S = 600  # seconds; a host that moved to another address is followed there, however busy it is

FIXED_HEADERS = (
    "Accept-Encoding: identity",  # a reply is kept as it came, and nothing compressed can be inflated on us
    "Expect:",  # no pause of a second before a long body
)

E_TOO_LARGE = 100  # CURLE_TOO_LARGE, which pycurl has no name for

ERROR_CLASSES: Mapping[int, ErrorClass] = {
    pycurl.E_COULDNT_RESOLVE_HOST: ErrorClass.RESOLVE,
    pycurl.E_COULDNT_CONNECT: ErrorClass.CONNECT,
    pycurl.E_SSL_CONNECT_ERROR: ErrorClass.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: ErrorClass.TLS,
    pycurl.E_SSL_CERTPROBLEM: ErrorClass.TLS,
    pycurl.E_SSL_CIPHER: ErrorClass.TLS,
    pycurl.E_SSL_CACERT_BADFILE: ErrorClass.TLS,
    pycurl.E_OPERATION_TIMEDOUT: ErrorClass.TIMEOUT,
    pycurl.E_GOT_NOTHING: ErrorClass.DISCONNECTED,
    pycurl.E_SEND_ERROR: ErrorClass.DISCONNECTED,
    pycurl.E_RECV_ERROR: ErrorClass.DISCONNECTED,
    pycurl.E_SEND_FAIL_REWIND: ErrorClass.DISCONNECTED,
    pycurl.E_PARTIAL_FILE: ErrorClass.DISCONNECTED,
    E_TOO_LARGE: ErrorClass.TOO_LARGE,
}


def harden(curl: pycurl.Curl, *, allow_http: bool, ca_file: str) -> None:
    """Set everything that never changes: what it may speak, whom it trusts, and what it must not pick up on the way."""
    curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS | (pycurl.PROTO_HTTP if allow_http else 0))
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.HTTP09_ALLOWED, 0)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.USERAGENT, "")  # pycurl's own tells the version of every library in it
    curl.setopt(pycurl.PATH_AS_IS, 1)  # the URL was checked as it stands, so it is sent as it stands
    # libcurl reads proxies from the environment unless told: one would connect for us, to addresses that we never see.
    curl.setopt(pycurl.PROXY, "")
    curl.setopt(pycurl.NOPROXY, "*")
    curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
    curl.setopt(pycurl.SSL_VERIFYPEER, 1)
    curl.setopt(pycurl.SSL_VERIFYHOST, 2)
    curl.setopt(pycurl.CAINFO, ca_file)
    curl.setopt(pycurl.HTTP_CONTENT_DECODING, 0)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.MAXAGE_CONN, LONGEST_IDLE_S)
    curl.setopt(pycurl.MAXLIFETIME_CONN, LONGEST_LIFE_S)


class _LentSocket(socket.socket):
    """A socket of which pycurl takes a duplicate: ours is closed once it is dropped, and without a warning."""

    def __del__(self) -> None:
        self.close()


class Handle:
    """A libcurl handle and what came back on it. Connections are kept among the handles of one `share` only."""

    __slots__ = ("_cut", "_lines", "_may_connect", "_pins", "_refused", "_room", "_timeout_ms", "_url", "curl", "reply")

    def __init__(
        self, *, allow_http: bool, ca_file: str, may_connect: MayConnect, share: pycurl.CurlShare | None = None
    ) -> None:
        self._may_connect = may_connect
        self._url = ""
        self._pins: tuple[str, ...] = ()
        self._timeout_ms = 0
        self._forget(room=0)
        self.curl = pycurl.Curl()
        harden(self.curl, allow_http=allow_http, ca_file=ca_file)
        if share is not None:
            self.curl.setopt(pycurl.SHARE, share)
        self.curl.setopt(pycurl.POST, 1)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._take_head)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._take_body)

    def load(
        self,
        url: str,
        *,
        pins: tuple[str, ...],
        body: bytes,
        headers: Iterable[str],
        timeout_ms: int,
        max_reply_bytes: int,
    ) -> None:
        """Make it ready for one POST, its header given by lines.

        A pin (`host:port:address,address`) spares libcurl from asking for the name.

        Pins are loaded again when they are another object, not when they are unequal: libcurl keeps one table for all
        handles, so what counts is whether they changed since this handle loaded them, not what they changed back to.
        """
        self._forget(room=max_reply_bytes)
        if url != self._url:
            self.curl.setopt(pycurl.URL, url)
            self._url = url
        if pins is not self._pins:
            self.curl.setopt(pycurl.RESOLVE, list(pins))
            self._pins = pins
        # A body that can't be read twice: with POSTFIELDS, libcurl would send it again by itself, up to five times,
        # when a connection that was used before ends without an answer: arrivals of which no attempt tells.
        self.curl.setopt(pycurl.READFUNCTION, BytesIO(body).read)
        self.curl.setopt(pycurl.POSTFIELDSIZE_LARGE, len(body))
        self.curl.setopt(pycurl.HTTPHEADER, [*headers, *FIXED_HEADERS])
        if timeout_ms != self._timeout_ms:
            self.curl.setopt(pycurl.TIMEOUT_MS, timeout_ms)
            self._timeout_ms = timeout_ms
        # libcurl looks whether a kept connection still stands only once it has been idle for a second.
        self.curl.setopt(pycurl.FRESH_CONNECT, self._was_left())

    def result(self, code: int) -> tuple[int | None, ErrorClass | None]:
        """The reply's status and what went wrong, from libcurl's result code."""
        # Not libcurl's word for it: to libcurl a head that broke off is one that has ended, and 2000 begins with a 200.
        status = final_status(self.head)
        if code == pycurl.E_OK and status is not None:
            return status, None
        if self._cut and status is not None:
            return status, None
        return status, self._error(code)

    def _was_left(self) -> bool:
        """Whether the receiver has closed the connection of the transfer before."""
        kept = self.curl.getinfo(pycurl.ACTIVESOCKET)
        if kept < 0:
            return False
        poll = select.poll()
        poll.register(kept, select.POLLRDHUP)
        return bool(poll.poll(0))

    @property
    def head(self) -> bytes:
        """All that was read as head."""
        return b"".join(self._lines)

    def close(self) -> None:
        """Give it back to libcurl."""
        self.curl.close()

    def _forget(self, *, room: int) -> None:
        self._lines: list[bytes] = []
        self.reply = b""
        self._cut = False
        self._refused = False
        self._room = room

    def _error(self, code: int) -> ErrorClass:
        if code == pycurl.E_OK:
            return ErrorClass.PROTOCOL if self.head.endswith(b"\n\r\n") else ErrorClass.DISCONNECTED
        if self._cut:
            return ErrorClass.TOO_LARGE
        if self._refused and code == pycurl.E_COULDNT_CONNECT:
            return ErrorClass.REFUSED_ADDRESS
        if code == pycurl.E_OPERATION_TIMEDOUT and not self.curl.getinfo(pycurl.REQUEST_SIZE):
            return ErrorClass.CONNECT  # Not a byte was sent: whether the port was closed or silent is not told apart.
        # One code says that the connection broke, which the system or OpenSSL tells, and that a chunk made no sense.
        broke = self.curl.getinfo(pycurl.OS_ERRNO) or "SSL" in self.curl.errstr()
        if code == pycurl.E_RECV_ERROR and not broke:
            return ErrorClass.PROTOCOL
        return ERROR_CLASSES.get(code, ErrorClass.PROTOCOL)

    def _open_socket(self, purpose: int, address: pycurl.CurlSockAddr) -> socket.socket | int:
        # The second check. It sees each address that libcurl tries, whoever found it and however often it changed.
        place = address.addr
        if isinstance(place, bytes) or not self._may_connect(place[0], place[1]):
            self._refused = True
            return pycurl.SOCKET_BAD
        try:
            return _LentSocket(address.family, address.socktype, address.protocol)
        except OSError:
            return pycurl.SOCKET_BAD  # No descriptor left, or no such family on this machine: no connection either way.

    def _take_head(self, line: bytes) -> int | None:
        self._room -= len(line)
        if self._room < 0:
            self._cut = True
            return -1
        self._lines.append(line)
        return None

    def _take_body(self, piece: bytes) -> int | None:
        self._room -= len(piece)
        if len(self.reply) < KEPT_REPLY_BYTES:
            self.reply = (self.reply + piece)[:KEPT_REPLY_BYTES]
        if self._room < 0:
            self._cut = True
            return -1
        return None
