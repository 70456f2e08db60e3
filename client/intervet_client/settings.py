"""Which server, and by which token: from the environment, or from a file that nobody else can read."""

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from intervet_client.errors import BadSettings

ENVIRONMENT: Mapping[str, str] = os.environ  # the one place where it is read
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Settings:
    """A server, the token to use there, and the language in which it is asked to answer."""

    url: str
    token: str | None = None
    lang: str | None = None


def load(environment: Mapping[str, str] = ENVIRONMENT) -> Settings:
    """What INTERVET_URL, INTERVET_TOKEN and INTERVET_LANG say, and where they don't, the file of `intervet login`.

    A token of the file goes to the server it was given for, and to no other. Raises BadSettings.
    """
    kept = read(path(environment))
    url = environment.get("INTERVET_URL") or (kept.url if kept else None)
    if not url:
        raise BadSettings("No server is named yet.\nNext: `intervet login`, or set INTERVET_URL.")
    token = environment.get("INTERVET_TOKEN") or None
    if token is None and kept and kept.url.rstrip("/") == url.rstrip("/"):
        token = kept.token
    return Settings(url, token, environment.get("INTERVET_LANG") or (kept.lang if kept else None))


def path(environment: Mapping[str, str] = ENVIRONMENT) -> Path:
    """Where `intervet login` keeps what it is told: INTERVET_CONFIG, or where this system keeps settings."""
    named = environment.get("INTERVET_CONFIG")
    return Path(named) if named else Path(typer.get_app_dir("intervet")) / "config.json"


def read(file: Path) -> Settings | None:
    """What the file holds, or None where there is none. Raises BadSettings when others can read it."""
    try:
        if os.name == "posix" and file.stat().st_mode & OTHERS:
            raise BadSettings(f"Others can read {file}, which holds a token.\nNext: chmod 600 '{file}'")
        return Settings(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise BadSettings(f"{file} can't be read.\nNext: delete it, and `intervet login` again.") from error


def keep(settings: Settings, file: Path) -> None:
    """Write the file anew, for its owner's eyes only from its first byte on."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        json.dump(asdict(settings), opened)
    part.replace(file)
