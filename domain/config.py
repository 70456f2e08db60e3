"""What the operator has set: read once, checked whole, frozen.

This is the only reader of the environment. Whoever needs a setting is handed a `Config`.
"""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import unquote, urlsplit

Network = IPv4Network | IPv6Network

# A bucket, a folder in it if need be, and how it is reached: `endpoint` and `region`.
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[\w./-]*)?(?:\?[^#\s]*)?")
SCANNER = re.compile(r"/[^\s\0]+|(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}")
BOOTSTRAP_TOKEN = re.compile(r"[A-Za-z0-9._~-]{32,}")
MEGABYTE = 1_000_000  # bytes
SHORTEST_SECRET = 32  # characters; 256 bits even when they are hexadecimal digits of half that worth


class ConfigError(Exception):
    """A setting that can't be used; the sentence names the variable and what would work."""


class Encryption(StrEnum):
    """How the way to the mail server is kept from others: TLS from the start, after STARTTLS, or not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class MailServer:
    """Where mail goes out, as whom, and in whose name."""

    host: str
    port: int
    encryption: Encryption
    user: str | None
    password: str | None = field(repr=False)
    sender_name: str
    sender: str


@dataclass(frozen=True)
class Config:
    """Everything that can be set, each with the value in force."""

    data_dir: Path
    database_url: str
    base_url: str
    port: int = 8000
    secret_keys: tuple[str, ...] = ()
    link_key: str = ""
    bootstrap_token: str | None = None
    metrics_token: str | None = None
    allowed_networks: tuple[Network, ...] = ()
    allow_http: bool = False
    load_demo: bool = True
    files_url: str | None = None
    files_quota: int = 5000 * MEGABYTE
    clamav: str | None = None
    mail: MailServer | None = None

    @property
    def on_sqlite(self) -> bool:
        """Whether the embedded engine is in use: one writing process at a time, local disk."""
        return self.database_url.startswith("sqlite")


def read_config(environment: Mapping[str, str] | None = None) -> Config:
    """Read the environment (or the mapping given); raise ConfigError at the first setting that can't be used."""
    env = os.environ if environment is None else environment
    data_dir = Path(env.get("INTERVET_DATA_DIR") or "var").absolute()
    port = _port(env.get("PORT") or "8000")
    return Config(
        data_dir=data_dir,
        database_url=_database_url(env.get("INTERVET_DATABASE_URL") or f"sqlite:///{data_dir / 'intervet.sqlite'}"),
        base_url=_base_url(env.get("INTERVET_BASE_URL") or f"http://127.0.0.1:{port}"),
        port=port,
        secret_keys=_secret_keys(env.get("INTERVET_SECRET_KEY", "")),
        link_key=_link_key(env.get("INTERVET_LINK_KEY", "").strip()),
        bootstrap_token=_own_token("INTERVET_BOOTSTRAP_TOKEN", env.get("INTERVET_BOOTSTRAP_TOKEN") or None),
        metrics_token=_own_token("INTERVET_METRICS_TOKEN", env.get("INTERVET_METRICS_TOKEN") or None),
        allowed_networks=_networks(env.get("INTERVET_ALLOWED_NETWORKS", "")),
        allow_http=_yes("INTERVET_ALLOW_HTTP", env.get("INTERVET_ALLOW_HTTP") or "0"),
        load_demo=_yes("DEMO", env.get("DEMO") or "1"),
        files_url=_files_url(env.get("INTERVET_FILES_URL") or None),
        files_quota=_megabytes(env.get("INTERVET_FILES_QUOTA_MB") or "5000"),
        clamav=_clamav(env.get("INTERVET_CLAMAV") or None),
        mail=_mail(env.get("INTERVET_SMTP_URL", ""), env.get("INTERVET_MAIL_FROM", "")),
    )


def with_keys(config: Config) -> Config:
    """The same configuration with its two keys: those set, else those kept in the data directory, made at need.

    Links that persons were given are made under a key of their own, so that they outlive a change of the secret key.
    """
    return replace(
        config,
        secret_keys=config.secret_keys or (_kept(config, "secret_key"),),
        link_key=config.link_key or _kept(config, "link_key"),
    )


def _kept(config: Config, name: str) -> str:
    return kept_secret(config.data_dir / name, secrets.token_urlsafe(48))


def kept_secret(path: Path, fresh: str) -> str:
    """Read the secret kept at `path`, or keep `fresh` there, readable by its owner alone.

    The file appears whole or not at all (a link to a finished file), so that two processes starting at once agree.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass  # Another process was quicker; its secret is the one that counts.
        finally:
            draft.unlink()
    return path.read_text().strip()


def _yes(name: str, value: str) -> bool:
    # "no" that means yes, and "true" that means no, would be found out in production.
    if value not in ("0", "1"):
        raise ConfigError(f"{name} is {value!r}; it must be 0 or 1.")
    return value == "1"


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < int(value) < 65536:
        raise ConfigError(f"PORT is {value!r}; it must be a number from 1 to 65535.")
    return int(value)


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError("INTERVET_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    return value


def _base_url(value: str) -> str:
    if not _is_address(value):
        raise ConfigError(f"INTERVET_BASE_URL is {value!r}; it must be an address such as https://intervet.example.")
    return value.rstrip("/")


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
        plain = parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:  # a bracket that is not closed, a port beyond the last
        return False
    return plain and parts.scheme in ("http", "https") and bool(parts.hostname)


def _secret_keys(value: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in value.split(",") if key.strip())
    if any(len(key) < SHORTEST_SECRET for key in keys):
        raise ConfigError(
            f"INTERVET_SECRET_KEY is too short; give at least {SHORTEST_SECRET} random characters "
            "(several keys, the newest first, are separated by commas)."
        )
    return keys


def _link_key(value: str) -> str:
    if value and len(value) < SHORTEST_SECRET:
        raise ConfigError(f"INTERVET_LINK_KEY is too short; give at least {SHORTEST_SECRET} random characters.")
    return value


def _files_url(value: str | None) -> str | None:
    if value is not None and not BUCKET.fullmatch(value):
        raise ConfigError(
            f"INTERVET_FILES_URL is {value!r}; it must look like s3://bucket?endpoint=https://s3.example."
        )
    return value


def _megabytes(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 0 < len(value) < 10:
        raise ConfigError(f"INTERVET_FILES_QUOTA_MB is {value!r}; it must be a number of megabytes.")
    return int(value) * MEGABYTE


def _clamav(value: str | None) -> str | None:
    if value is not None and not SCANNER.fullmatch(value):
        raise ConfigError(f"INTERVET_CLAMAV is {value!r}; it must be host:port, or the path of clamd's socket.")
    return value


def _own_token(name: str, value: str | None) -> str | None:
    if value is not None and not BOOTSTRAP_TOKEN.fullmatch(value):
        raise ConfigError(f"{name} must be 32 or more of the characters A-Z a-z 0-9 . _ ~ -")
    return value


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ConfigError(f"INTERVET_ALLOWED_NETWORKS must be CIDRs separated by commas: {error}.") from error


SMTP_PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409, RFC 8314
SMTP_URL_MUST = (
    "INTERVET_SMTP_URL must look like smtps://user:password@mail.example, or smtp:// for STARTTLS, with what an "
    "address can't hold written as %40 and so on; only smtp://mail.example?encryption=none does without TLS."
)
ADDRESS = re.compile(r"[!#-'*+/-9=?A-Z^-~.-]+@[A-Za-z0-9.-]+", re.ASCII)  # RFC 5321's dot-string, and a host


def _mail(url: str, sender: str) -> MailServer | None:
    if not url and not sender:
        return None
    if not (url and sender):
        raise ConfigError("INTERVET_SMTP_URL and INTERVET_MAIL_FROM go together: set both, or neither.")
    name, address = parseaddr(sender)
    if not ADDRESS.fullmatch(address) or not sender.isprintable():
        raise ConfigError("INTERVET_MAIL_FROM must be an address, such as InterVET <mobility@intervet.example>.")
    try:
        parts = urlsplit(url)
        host, port, path = parts.hostname, parts.port, parts.path.strip("/")
    except ValueError as error:
        raise ConfigError(SMTP_URL_MUST) from error
    if not host or parts.scheme not in SMTP_PORTS or path or parts.query not in ("", "encryption=none"):
        raise ConfigError(SMTP_URL_MUST)
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    if (user is None) != (password is None):
        raise ConfigError("INTERVET_SMTP_URL names a user without a password, or a password without a user.")
    encryption = _encryption(parts.scheme, parts.query)
    if encryption is Encryption.NONE and user is not None:
        raise ConfigError("INTERVET_SMTP_URL would send a password without TLS; leave out one or the other.")
    return MailServer(host, port or SMTP_PORTS[parts.scheme], encryption, user, password, name, address)


def _encryption(scheme: str, query: str) -> Encryption:
    if scheme == "smtps":
        return Encryption.TLS
    # Never "if it is offered": whoever stands between takes the offer out of the conversation.
    return Encryption.NONE if query else Encryption.STARTTLS
