"""What the operator has set: read once, checked whole."""

import stat
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from domain.config import Config, ConfigError, Encryption, MailServer, kept_secret, read_config, with_keys

LONG = "0123456789abcdef0123456789abcdef"


def test_nothing_needs_to_be_set() -> None:
    config = read_config({})

    assert config == Config(
        data_dir=Path.cwd() / "var",
        database_url=f"sqlite:///{Path.cwd() / 'var' / 'intervet.sqlite'}",
        base_url="http://127.0.0.1:8000",
    )


@pytest.mark.parametrize(
    ("variable", "value", "field", "meaning"),
    [
        ("PORT", "8123", "base_url", "http://127.0.0.1:8123"),
        ("PORT", "65535", "port", 65535),
        ("INTERVET_BASE_URL", "https://intervet.example/", "base_url", "https://intervet.example"),
        ("INTERVET_DATA_DIR", "/srv/intervet", "database_url", "sqlite:////srv/intervet/intervet.sqlite"),
        ("INTERVET_DATABASE_URL", "postgresql+psycopg://db/intervet", "on_sqlite", False),
        ("INTERVET_SECRET_KEY", f"{LONG}1, {LONG}2", "secret_keys", (f"{LONG}1", f"{LONG}2")),
        ("INTERVET_BOOTSTRAP_TOKEN", "A-Z.a_z~" * 4, "bootstrap_token", "A-Z.a_z~" * 4),
        ("INTERVET_BOOTSTRAP_TOKEN", "", "bootstrap_token", None),
        ("INTERVET_METRICS_TOKEN", LONG, "metrics_token", LONG),
        ("INTERVET_METRICS_TOKEN", "", "metrics_token", None),
        ("INTERVET_ALLOWED_NETWORKS", "10.1.0.0/16, fd00::/8", "allowed_networks",
         (ip_network("10.1.0.0/16"), ip_network("fd00::/8"))),
        ("INTERVET_ALLOW_HTTP", "1", "allow_http", True),
        ("INTERVET_ALLOW_HTTP", "0", "allow_http", False),
        ("INTERVET_ALLOW_HTTP", "", "allow_http", False),
        ("INTERVET_FILES_QUOTA_MB", "20", "files_quota", 20_000_000),
        ("INTERVET_FILES_URL", "s3://documents", "files_url", "s3://documents"),
        ("INTERVET_FILES_URL", "s3://a.b/c?endpoint=http://[::1]:9", "files_url", "s3://a.b/c?endpoint=http://[::1]:9"),
        ("INTERVET_FILES_URL", "", "files_url", None),
        ("INTERVET_CLAMAV", "clamav:3310", "clamav", "clamav:3310"),
        ("INTERVET_CLAMAV", "[::1]:3310", "clamav", "[::1]:3310"),
        ("INTERVET_CLAMAV", "/run/clamav/clamd.ctl", "clamav", "/run/clamav/clamd.ctl"),
        ("INTERVET_CLAMAV", "", "clamav", None),
        ("DEMO", "0", "load_demo", False),
        ("DEMO", "1", "load_demo", True),
        ("DEMO", "", "load_demo", True),
    ],
)  # fmt: skip
def test_a_setting_means_what_it_says(variable: str, value: str, field: str, meaning: Any) -> None:
    assert getattr(read_config({variable: value}), field) == meaning


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", "٨٠٠٠"),
        ("INTERVET_BASE_URL", "intervet.example"),
        ("INTERVET_BASE_URL", "ftp://intervet.example"),
        ("INTERVET_BASE_URL", "https://"),
        ("INTERVET_BASE_URL", "https://intervet.example/?a=b"),
        ("INTERVET_BASE_URL", "https://intervet.example:99999"),
        ("INTERVET_BASE_URL", "https://[::1"),
        ("INTERVET_DATABASE_URL", "mysql://db/intervet"),
        ("INTERVET_SECRET_KEY", LONG[:-1]),
        ("INTERVET_SECRET_KEY", f"{LONG},short"),
        ("INTERVET_BOOTSTRAP_TOKEN", LONG[:-1]),
        ("INTERVET_BOOTSTRAP_TOKEN", LONG + " "),
        ("INTERVET_METRICS_TOKEN", LONG[:-1]),
        ("INTERVET_METRICS_TOKEN", LONG + "é"),
        ("INTERVET_ALLOWED_NETWORKS", "10.0.0.0/33"),
        ("INTERVET_ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("INTERVET_ALLOW_HTTP", "yes"),
        ("INTERVET_ALLOW_HTTP", "true"),
        ("INTERVET_FILES_QUOTA_MB", "-1"),
        ("INTERVET_FILES_QUOTA_MB", "5 GB"),
        ("INTERVET_FILES_QUOTA_MB", "1" * 10),
        ("INTERVET_FILES_URL", "/srv/files"),
        ("INTERVET_FILES_URL", "s3://"),
        ("INTERVET_FILES_URL", "s3://Documents"),
        ("INTERVET_CLAMAV", "clamav"),
        ("INTERVET_CLAMAV", "tcp://clamav:3310"),
        ("DEMO", "no"),
        ("DEMO", "false"),
    ],
)
def test_a_setting_that_can_not_be_used_is_refused_by_its_name(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^{variable} "):
        read_config({variable: value})


FROM = "InterVET <mobility@intervet.example>"


@pytest.mark.parametrize(
    ("url", "meaning"),
    [
        ("smtps://mail.example", ("mail.example", 465, Encryption.TLS, None, None)),
        ("smtp://mail.example", ("mail.example", 587, Encryption.STARTTLS, None, None)),
        ("smtp://me:p%40ss@mail.example:2525", ("mail.example", 2525, Encryption.STARTTLS, "me", "p@ss")),
        ("smtp://127.0.0.1:25?encryption=none", ("127.0.0.1", 25, Encryption.NONE, None, None)),
    ],
)
def test_a_mail_server_is_told_by_its_url(url: str, meaning: tuple[Any, ...]) -> None:
    server = read_config({"INTERVET_SMTP_URL": url, "INTERVET_MAIL_FROM": FROM}).mail

    assert server == MailServer(*meaning, "InterVET", "mobility@intervet.example")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("", FROM),
        ("smtps://mail.example", ""),
        ("mail.example", FROM),
        ("http://mail.example", FROM),
        ("smtp://", FROM),
        ("smtp://mail.example:99999", FROM),
        ("smtp://mail.example/path", FROM),
        ("smtp://mail.example?tls=no", FROM),
        ("smtp://me@mail.example", FROM),
        ("smtp://me:secret@mail.example?encryption=none", FROM),
        ("smtps://mail.example", "InterVET"),
        ("smtps://mail.example", "a@intervet.example\nBcc: b@intervet.example"),
    ],
)
def test_a_mail_server_that_can_not_be_used_is_refused(url: str, sender: str) -> None:
    with pytest.raises(ConfigError, match=r"^INTERVET_(SMTP_URL|MAIL_FROM) ") as refused:
        read_config({"INTERVET_SMTP_URL": url, "INTERVET_MAIL_FROM": sender})

    assert "secret" not in str(refused.value)


def test_the_password_of_the_mail_server_is_not_shown() -> None:
    config = read_config({"INTERVET_SMTP_URL": "smtps://me:hunter2@mail.example", "INTERVET_MAIL_FROM": FROM})

    assert "hunter2" not in repr(config)


def test_a_secret_is_kept_for_its_owner_alone_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"

    secrets = [kept_secret(path, "the first"), kept_secret(path, "the second")]

    assert secrets == ["the first", "the first"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["secret_key"]


def test_a_key_that_is_set_is_the_one_used(tmp_path: Path) -> None:
    keys = {"INTERVET_SECRET_KEY": LONG, "INTERVET_LINK_KEY": f"another {LONG}"}
    config = read_config({**keys, "INTERVET_DATA_DIR": str(tmp_path)})

    assert with_keys(config) == config


def test_without_a_key_one_is_made_and_used_from_then_on(tmp_path: Path) -> None:
    config = read_config({"INTERVET_DATA_DIR": str(tmp_path)})

    first, second = with_keys(config), with_keys(config)

    keys = {*first.secret_keys, first.link_key}
    assert (first == second, len(keys), min(map(len, keys)) >= 43) == (True, 2, True)
