"""Which language a reader gets, in which script, and our own sentences in it.

Tags are kept as they were written: what CLDR would make of one (`cnr` becomes `sr-ME`) serves to compare, not to store.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from unicodedata import category, normalize
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, get_datetime_format
from langcodes import tag_distance
from langcodes.data_dicts import LIKELY_SUBTAGS

Text = Mapping[str, str]

LANGUAGES = ("en", "sq", "mk", "sr-Latn", "sr-Cyrl", "bs", "cnr", "it", "fr", "es", "pl", "sl", "nl", "mt")

# Who gets what when nothing was written for them: near languages in this order, then English.
CHAIN = ("cnr", "sr-Latn", "bs", "hr")
LAST_RESORT = "en"

# RFC 5646 2.1 without the grandfathered tags; 35 characters hold every tag that 4.4.1 asks software to hold.
MAX_TAG_LENGTH = 35
_TAG = re.compile(
    r"""(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})
        (?:-(?P<script>[a-z]{4}))?
        (?:-(?P<region>[a-z]{2}|[0-9]{3}))?
        (?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*
        (?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*
        (?:-x(?:-[a-z0-9]{1,8})+)?
        |x(?:-[a-z0-9]{1,8})+""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def is_language_tag(tag: str) -> bool:
    """Whether a tag has the shape of BCP 47, known to anybody or not."""
    return len(tag) <= MAX_TAG_LENGTH and _TAG.fullmatch(tag) is not None


# --- choosing -------------------------------------------------------------------------------------------------------


class Rendered(NamedTuple):
    value: str
    lang: str


class _Choice(NamedTuple):
    written: str
    shown_as: str


# Beyond this CLDR means "another language, which these readers are likely to know": from Albanian to English it is 34.
NEAR = 25

# Scripts that we can write ourselves. Latin is always offered beside Cyrillic; Cyrillic beside Latin only to those who
# ask for Cyrillic by name, since that direction is a guess.
_LATIN_OF = {"sr-cyrl": "sr-Latn", "sr": "sr-Latn", "cnr-cyrl": "cnr", "bs-cyrl": "bs"}
_CYRILLIC_OF = {"sr-latn": "sr-Cyrl"}

# langcodes keeps every tag that it has parsed for ever, so a stranger's headers must not reach it as they are: scripts
# and regions are passed on only where they decide something here, or where CLDR lists them.
_FULLY_COMPARED = {"sr", "bs", "hr", "sh", "cnr", "sq", "mk"}
_SCRIPTS = {"Latn", "Cyrl"}
_REGIONS = {"AL", "BA", "HR", "ME", "MK", "RS", "XK"}
_STRANGE = "?"
_KNOWN = LIKELY_SUBTAGS.keys() | _FULLY_COMPARED | {"aae", "als"}  # The last two are kinds of Albanian.


def choose(available: Iterable[str], wanted: Sequence[str]) -> str | None:
    """The available tag that serves a reader best, or None when nothing is available.

    `wanted` is in the reader's order. The last resorts are English, then whatever comes first.
    """
    choice = _choose(tuple(available), tuple(wanted))
    return choice.written if choice else None


def render(text: Text, wanted: Sequence[str]) -> Rendered:
    """One text as its reader gets it, in the other Serbian script if need be. Blank translations don't count."""
    choice = _choose(tuple(tag for tag, value in text.items() if value), tuple(wanted))
    if choice is None:
        return Rendered("", choose(LANGUAGES, wanted) or LAST_RESORT)
    value = text[choice.written]
    if choice.shown_as == choice.written:
        return Rendered(value, choice.shown_as)
    return Rendered(to_cyrillic(value) if choice.shown_as.endswith("Cyrl") else to_latin(value), choice.shown_as)


def choose_for_record(texts: Sequence[Text], wanted: Sequence[str]) -> str:
    """The language of a whole record, decided by its first text that has any words (put the title first)."""
    return render(next((text for text in texts if any(text.values())), {}), wanted).lang


def localise(text: Text, lang: str) -> str:
    """A text in its record's language, or in the nearest one if just this text lacks it."""
    return render(text, (lang,)).value


def written_in(text: Text) -> list[str]:
    """The languages in which a text can be shown, those included that are the same in the other script."""
    return list(_offers([tag for tag, value in text.items() if value], "sr-Cyrl"))


@lru_cache(maxsize=4096)
def _choose(available: tuple[str, ...], wanted: tuple[str, ...]) -> _Choice | None:
    for want in (*wanted, LAST_RESORT):
        offers = _offers(available, want)
        shown = _exact(want, offers) or _nearest(want, offers)
        if shown:
            return _Choice(offers[shown], shown)
    return _Choice(available[0], available[0]) if available else None


def _offers(available: Sequence[str], want: str) -> dict[str, str]:
    """What can be shown, each with the tag that it is made from."""
    offers = {tag: tag for tag in available}
    twins = _LATIN_OF | _CYRILLIC_OF if "-cyrl" in want.lower() else _LATIN_OF
    for tag in available:
        twin = twins.get(tag.lower())
        if twin and not _exact(twin, offers):
            offers[twin] = tag
    return offers


def _exact(want: str, offers: Iterable[str]) -> str | None:
    return next((tag for tag in offers if tag.lower() == want.lower()), None)


def _nearest(want: str, offers: Iterable[str]) -> str | None:
    """The nearest by CLDR's distance, then by the same distance without the script."""
    wanted = _comparable(want)
    distances = [(_distances(wanted, _comparable(tag)), tag) for tag in offers]
    for measure in (0, 1):
        near = [(distance[measure], _rank(tag), tag) for distance, tag in distances if distance[measure] < NEAR]
        if near:
            return min(near, key=lambda row: row[:2])[2]
    return None


def _rank(tag: str) -> int:
    return CHAIN.index(tag) if tag in CHAIN else len(CHAIN)


@lru_cache(maxsize=8192)
def _distances(wanted: str, offered: str) -> tuple[int, int]:
    """How far a reader has to go, with the script and without it."""
    if wanted == offered:
        return 0, 0
    if wanted.startswith(_STRANGE) or offered.startswith(_STRANGE):
        return NEAR, NEAR
    return tag_distance(wanted, offered), tag_distance(wanted, offered, ignore_script=True)


@lru_cache(maxsize=4096)
def _comparable(tag: str) -> str:
    """As much of a tag as decides its distance, out of a small vocabulary; a language strange to CLDR is marked so."""
    match = _TAG.fullmatch(tag)
    language = tag.partition("-")[0].lower()
    if not match or language not in _KNOWN:
        return _STRANGE + language
    script, region = (match["script"] or "").title(), (match["region"] or "").upper()
    if language in _FULLY_COMPARED:
        parts = (language, script if script in _SCRIPTS else "", region if region in _REGIONS else "")
        return "-".join(filter(None, parts))
    return next(
        (known for known in (f"{language}-{script}", f"{language}-{region}") if known in LIKELY_SUBTAGS), language
    )


# --- asking ---------------------------------------------------------------------------------------------------------

MAX_HEADER_LENGTH = 4096  # Characters of Accept-Language that are read; browsers send about a hundred.
MAX_WANTED = 20  # Each wanted tag costs a comparison with each translation.
_MEMBER = re.compile(r"\s*([A-Za-z0-9-]+)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")


def parse_accept_language(header: str | None, *, lang: str | None = None) -> tuple[str, ...]:
    """The tags that a reader wants, best first: `?lang=`, then the header's by weight. Junk is skipped."""
    header = header or ""
    if len(header) > MAX_HEADER_LENGTH:
        header = header[:MAX_HEADER_LENGTH].rpartition(",")[0]
    asked = (lang,) if lang and is_language_tag(lang) else ()
    return tuple(dict.fromkeys(asked + _by_weight(header)))[:MAX_WANTED]


@lru_cache(maxsize=1024)
def _by_weight(header: str) -> tuple[str, ...]:
    members = islice(_members(header), MAX_WANTED)
    return tuple(tag for _, tag in sorted(members, key=lambda member: -member[0]))


def _members(header: str) -> Iterator[tuple[float, str]]:
    for member in header.split(","):
        match = _MEMBER.fullmatch(member)
        weight = float(match[2] or 1) if match else 0
        if match and weight and is_language_tag(match[1]):
            yield weight, match[1]


# --- scripts --------------------------------------------------------------------------------------------------------

# Serbian, Montenegrin and Macedonian in one table: no letter stands for two sounds among them. Macedonian ѓ and ќ
# become gj and kj, as people there type them, not ǵ and ḱ, so that a search typed on any keyboard finds them.
_LATIN_LETTERS = dict(
    zip("абвгдђежзијклмнопрстћуфхцчшѐѝ", "abvgdđežzijklmnoprstćufhcčšèì", strict=True),
    љ="lj", њ="nj", џ="dž", ѓ="gj", ќ="kj", ѕ="dz",
)  # fmt: skip
_TO_LATIN = str.maketrans(_LATIN_LETTERS | {c.upper(): latin.title() for c, latin in _LATIN_LETTERS.items()})
_CYRILLIC = re.compile("[\u0400-\u045f]")
_CAPITAL_DIGRAPH = re.compile("[ЉЊЏЃЌЅ]")
_DECOMPOSED = re.compile("[ГгКкЕеИиСсЗз][\u0300\u0301]")
_MONTENEGRIN = {"С\u0301": "Ś", "с\u0301": "ś", "З\u0301": "Ź", "з\u0301": "ź"}


def to_latin(text: str) -> str:
    """Serbian, Montenegrin or Macedonian Cyrillic in Latin letters. Everything else stays."""
    if not _CYRILLIC.search(text):
        return text
    composed = _DECOMPOSED.sub(lambda match: _MONTENEGRIN.get(match[0]) or normalize("NFC", match[0]), text)
    return _CAPITAL_DIGRAPH.sub(_latin_digraph, composed).translate(_TO_LATIN)


def _latin_digraph(match: re.Match[str]) -> str:
    """Љ as LJ among capitals and as Lj at the head of a word; alone, as in initials, it is Lj too."""
    start, end = match.span()
    before, after = match.string[max(start - 1, 0) : start], match.string[end : end + 1]
    latin = match[0].translate(_TO_LATIN)
    return latin.upper() if after.isupper() or (before.isupper() and not after.isalpha()) else latin


_PAIRS = {"dž": "џ", "lj": "љ", "nj": "њ", "ś": "с\u0301", "ź": "з\u0301"}
_PAIR = re.compile("dž|lj|nj|ś|ź", re.IGNORECASE)
_SINGLE = {latin: cyrillic for cyrillic, latin in _LATIN_LETTERS.items() if cyrillic in "абвгдђежзијклмнопрстћуфхцчш"}
_TO_CYRILLIC = str.maketrans(_SINGLE | {latin.upper(): cyrillic.upper() for latin, cyrillic in _SINGLE.items()})
_SERBIAN_LATIN = re.compile("[a-pr-vzćčđšžśź]+", re.IGNORECASE)

# Words in which two letters only happen to meet: a prefix or a foreign stem ends between them.
_TWO_LETTERS = re.compile(
    "in(?=jekc|jekt|jicir)"  # Latin in- + iacere
    "|kon(?=jug|junk|jekt)"  # Latin con- + iungere, iacere
    "|an(?=jon)"  # Greek an(a)- + ion
    "|(?:iz)?van(?=jezič)"  # van + jezik
    "|tan(?=jug)"  # the agency's name is an abbreviation
    "|nad(?=živ|žanj|žnj|žup)"
    "|od(?=živ|žal|žnj|žet)"
    "|pod(?=žanr|žel|žup)"
    "|pred(?=žetv|živ)",
    re.IGNORECASE,
)

# A chunk is what stands between spaces, or a link or a placeholder inside of it.
_CHUNK = re.compile(r"(?:https?://|www\.)\S+|\{[^{}\s]*\}|[\w.+@'’-]+")
_NOT_SERBIAN = re.compile(
    r"\{.*|https?:.*|www\..*|.*[@+].*"  # placeholders, links, addresses, Erasmus+
    r"|[\w-]+(?:\.[\w-]+)*\.(?:com|edu|eu|gov|info|net|org|[a-z]{2})\.?"  # hosts and files
    r"|(?i:(?:erasmus|europass|ecvet|e-mail|moodle|online)\W*)"
)
_WORD = re.compile(r"\w+")
_LIGATURES = str.maketrans(
    {"ǆ": "dž", "ǅ": "Dž", "Ǆ": "DŽ", "ǉ": "lj", "ǈ": "Lj", "Ǉ": "LJ", "ǌ": "nj", "ǋ": "Nj", "Ǌ": "NJ"}
)
_ROMAN_NUMERAL = re.compile("[IVX]{2,}|V")


def to_cyrillic(text: str) -> str:
    """Serbian in Latin letters as Cyrillic, leaving what isn't Serbian: links, addresses, names such as Erasmus+.

    A guess by nature; write Serbian in Cyrillic where you can, and derive the Latin.
    """
    return _CHUNK.sub(_cyrillic_chunk, normalize("NFC", text.translate(_LIGATURES)))


def _cyrillic_chunk(match: re.Match[str]) -> str:
    chunk = match[0]
    return chunk if _NOT_SERBIAN.fullmatch(chunk) else _WORD.sub(lambda word: _cyrillic_word(word[0]), chunk)


def _cyrillic_word(word: str) -> str:
    if not _is_serbian(word):
        return word
    two_letters = _TWO_LETTERS.match(word)
    cut = two_letters.end() if two_letters else 0
    return "".join(_PAIR.sub(_cyrillic_pair, part).translate(_TO_CYRILLIC) for part in (word[:cut], word[cut:]))


def _is_serbian(word: str) -> bool:
    if _ROMAN_NUMERAL.fullmatch(word) or not _SERBIAN_LATIN.fullmatch(word):
        return False
    return word.isupper() or word[1:].islower() or len(word) == 1  # InterVET is a name.


def _cyrillic_pair(match: re.Match[str]) -> str:
    letter = _PAIRS[match[0].lower()]
    return letter if match[0].islower() else letter.upper()


# --- searching ------------------------------------------------------------------------------------------------------

# Letters that Unicode doesn't take apart, and the apostrophes that keyboards and word processors disagree about.
_BASE_LETTERS = str.maketrans(
    dict(zip("đðħıłø‘’ʼ", "ddhilo'''", strict=True), œ="oe", æ="ae", þ="th"),
)  # fmt: skip


def fold(text: str) -> str:
    """The form in which texts are compared by search: no case, no accents, one script, single spaces."""
    if text.isascii():
        return " ".join(text.lower().split())
    latin = to_latin(normalize("NFKC", text).casefold())
    # Twice, since a foreign letter such as й is known as и only without its mark, and ж gets a mark on becoming ž.
    bare = _without_marks(to_latin(_without_marks(latin)))
    return " ".join(bare.translate(_BASE_LETTERS).split())


def _without_marks(text: str) -> str:
    return "".join(char for char in normalize("NFKD", text) if category(char) not in ("Mn", "Cf"))


# --- our own sentences ----------------------------------------------------------------------------------------------


def format_instant(at: datetime, *, timezone: str, lang: str) -> str:
    """An instant as its reader writes dates, on the 24-hour clock of `timezone` (IANA), with the offset from UTC."""
    local = at.astimezone(ZoneInfo(timezone))
    locale = _locale(lang)
    time = format_skeleton("Hm", local, locale=locale)
    day = format_date(local, "long", locale=locale)
    return f"{str(get_datetime_format('medium', locale=locale)).format(time, day)} ({_offset(local)})"


def format_day(day: date, *, lang: str) -> str:
    """A calendar day as its reader writes it."""
    return str(format_date(day, "long", locale=_locale(lang)))


def country_name(code: str, *, lang: str) -> str:
    """A country as its reader calls it; its code where CLDR has no name for it."""
    return str(_locale(lang).territories.get(code, code))


def _offset(local: datetime) -> str:
    """`UTC+2`: the short names of zones are missing in half of our languages, and CEST is not known to all readers."""
    sign, hours, minutes = local.strftime("%z")[0], int(local.strftime("%z")[1:3]), local.strftime("%z")[3:5]
    return f"UTC{sign}{hours}" + (f":{minutes}" if minutes != "00" else "")


@lru_cache(maxsize=64)
def _locale(lang: str) -> Locale:
    tag = choose(LANGUAGES, (lang,)) or LAST_RESORT
    return Locale.parse({"en": "en-GB", "cnr": "sr-Latn-ME"}.get(tag, tag), sep="-")


_TWO_LETTERS_ALONE = re.compile("[A-Z]{2}")


def country_codes() -> list[str]:
    """The codes of all countries that CLDR has names for."""
    return sorted(filter(_TWO_LETTERS_ALONE.fullmatch, map(str, _locale(LAST_RESORT).territories)))


def _read_catalogues(directory: Path) -> dict[str, dict[str, str]]:
    written = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(directory.glob("*.json"))}
    derived = {key: to_latin(sentence) for key, sentence in written["sr-Cyrl"].items()}
    return written | {"sr-Latn": derived}


CATALOGUES = _read_catalogues(Path(__file__).parent / "strings")


def sentence_language(wanted: Sequence[str]) -> str:
    """The language that `message` speaks to a reader; format instants in it too, and name it in Content-Language."""
    return choose(CATALOGUES, wanted) or LAST_RESORT


def message(key: str, lang: str, /, **values: str | int) -> str:
    """One of our own sentences in the language nearest to `lang`, its placeholders filled.

    A value that is missing shows as `…`: a sentence about an error with a hole in it is better than another error.
    """
    return CATALOGUES[sentence_language((lang,))][key].format_map(_Values(values))


class _Values(dict[str, str | int]):
    def __missing__(self, name: str) -> str:
        return "…"
