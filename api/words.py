"""The words of our pages: one file a language in web/strings, a part of it for each page."""

import json
from collections.abc import Mapping
from pathlib import Path

from domain.languages import to_latin

WEB = Path(__file__).parent.parent / "web"
LANGUAGE_NAMES: Mapping[str, str] = {
    "en": "English",
    "sq": "Shqip",
    "mk": "Македонски",
    "sr-Cyrl": "Српски",
    "sr-Latn": "Srpski",
    "bs": "Bosanski",
    "cnr": "Crnogorski",
}


def read_strings(page: str) -> dict[str, dict[str, str]]:
    """The words of a page, by language; Serbian Latin is derived."""
    files = sorted((WEB / "strings").glob("*.json"))
    written = {path.stem: json.loads(path.read_text(encoding="utf-8"))[page] for path in files}
    return written | {"sr-Latn": {name: to_latin(text) for name, text in written["sr-Cyrl"].items()}}
