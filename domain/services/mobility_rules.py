"""The rules that a mobility's record obeys, each with an id and a sentence (`rule_<id>` in domain/strings).

They are reported and never refused: a record that breaks one is kept as a draft, and says which. R13, which counts
places, is refused where places are given away (domain/services/decisions.py).
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from domain.languages import fold
from domain.models.activities import ActivityCode
from domain.models.mobilities import MobilityRole, RecordStatus
from domain.services.rule_sets import OF_AGE, RULE_SETS, months_after

TRAVEL_DAYS, GREEN_TRAVEL_DAYS = 2, 6  # Erasmus+ Programme Guide, KA1 VET, travel with green means of transport
RECENT = 12  # months after graduation
EQF_LEVELS = range(1, 9)
# How the Commission's registers write an Organisation ID and a Participant Identification Code.
OID, PIC = re.compile(r"E[0-9]{8}"), re.compile(r"[0-9]{9}")
# ISCED-F 2013, 4: below any field stand 0 (not further defined), 8 (inter-disciplinary) and 9 (not elsewhere
# classified), and below these the same again: 07, 078, 0788.
ISCED_F_ENDINGS = frozenset("089")
# What the Beneficiary Module takes no record without, beside what every row has.
REQUIRED = ("start_date", "end_date", "receiving_id", "receiving_country")

_LISTS = Path(__file__).parents[2] / "data" / "code_lists"
ISCED_F = frozenset(json.loads((_LISTS / "isced_f.json").read_text("utf-8"))["codes"])


@dataclass(frozen=True)
class Facts:
    """What the rules look at. What is none isn't known, and breaks no rule; `others` are the person's other stays."""

    rule_set: str
    activity: ActivityCode
    role: MobilityRole = MobilityRole.PARTICIPANT
    start_date: date | None = None
    end_date: date | None = None
    interruption_days: int = 0
    funded_travel_days: int = 0
    green_travel: bool = False
    force_majeure: bool = False
    force_majeure_explanation: str | None = None
    fewer_opportunities: bool = False
    recent_graduate: bool = False
    graduation_date: date | None = None
    birth_date: date | None = None
    guardian_agrees: bool = False
    sending_country: str | None = None
    receiving_country: str | None = None
    receiving_city: str | None = None
    host_country: str | None = None
    host_city: str | None = None
    comments: str | None = None
    others: Sequence[tuple[date, date]] = ()
    isced_f: str | None = None
    eqf_level: int | None = None
    oids: Sequence[str | None] = ()
    pics: Sequence[str | None] = ()


def violations(facts: Facts) -> list[str]:
    """The ids of the rules that these facts break, in order."""
    return [rule for rule, is_kept in RULES.items() if not is_kept(facts)]


def missing(record: Any) -> list[str]:
    """The fields without which the record can't be reported."""
    return [name for name in REQUIRED if getattr(record, name) is None]


def record_status(broken: Sequence[str], lacking: Sequence[str]) -> RecordStatus:
    """Complete when nothing is broken and nothing lacks."""
    return RecordStatus.DRAFT if broken or lacking else RecordStatus.COMPLETE


def duration_days(start: date | None, end: date | None, interruption_days: int) -> int | None:
    """Calendar days, first and last included, less the interruption; travel days are not among them."""
    return None if start is None or end is None else max(0, _calendar_days(start, end) - interruption_days)


def _calendar_days(start: date, end: date) -> int:
    return (end - start).days + 1


def _lasts_as_it_may(facts: Facts) -> bool:
    limits = RULE_SETS.get(facts.rule_set, {}).get(facts.activity)
    if limits is None:
        return False  # A kind of activity that the rule set doesn't name can't be had under it.
    if facts.start_date is None or facts.end_date is None:
        return True
    return limits.allow(facts.start_date, facts.end_date, interruption_days=facts.interruption_days)


def _goes_on(facts: Facts) -> bool:
    if facts.start_date is None or facts.end_date is None:
        return True
    return facts.interruption_days < _calendar_days(facts.start_date, facts.end_date)


def _travels_briefly(facts: Facts) -> bool:
    return facts.funded_travel_days <= (GREEN_TRAVEL_DAYS if facts.green_travel else TRAVEL_DAYS)


def _explains_force_majeure(facts: Facts) -> bool:
    return not facts.force_majeure or bool(facts.force_majeure_explanation)


def _explains_another_place(facts: Facts) -> bool:
    countries = (facts.receiving_country, facts.host_country)
    cities = (facts.receiving_city, facts.host_city)
    differs = any(all(pair) and fold(pair[0] or "") != fold(pair[1] or "") for pair in (countries, cities))
    return not differs or bool(facts.comments)


def _accompanies_only(facts: Facts) -> bool:
    return facts.role is not MobilityRole.ACCOMPANYING or not facts.fewer_opportunities


def _is_of_age_or_may_go(facts: Facts) -> bool:
    if facts.birth_date is None or facts.start_date is None or facts.guardian_agrees:
        return True
    return months_after(facts.birth_date, OF_AGE) <= facts.start_date


def _graduated_recently(facts: Facts) -> bool:
    if not facts.recent_graduate or facts.graduation_date is None or facts.end_date is None:
        return True
    # "up to 12 months after their graduation" (Programme Guide, KA1 VET): the stay is over by then.
    return facts.end_date <= months_after(facts.graduation_date, RECENT)


def _is_elsewhere_only_once(facts: Facts) -> bool:
    if facts.start_date is None or facts.end_date is None:
        return True
    return all(end < facts.start_date or start > facts.end_date for start, end in facts.others)


def _goes_abroad(facts: Facts) -> bool:
    return facts.receiving_country is None or facts.receiving_country != facts.sending_country


def _is_classified(facts: Facts) -> bool:
    level = facts.eqf_level is None or facts.eqf_level in EQF_LEVELS
    return level and (facts.isced_f is None or is_isced_f(facts.isced_f))


def is_isced_f(code: str) -> bool:
    """Whether the code is one of ISCED-F 2013, those formed from the listed ones included."""
    if code in ISCED_F:
        return True
    ending = code[-1:]
    stem = code[:-2] if len(code) == 4 and code[-2:] == 2 * ending else code[:-1]
    return ending in ISCED_F_ENDINGS and stem in ISCED_F


def _is_identified(facts: Facts) -> bool:
    shapes = ((OID, facts.oids), (PIC, facts.pics))
    return all(code is None or shape.fullmatch(code) for shape, codes in shapes for code in codes)


RULES: Mapping[str, Callable[[Facts], bool]] = {
    "R01": _lasts_as_it_may,
    "R02": _goes_on,
    "R03": _travels_briefly,
    "R04": _explains_force_majeure,
    "R05": _explains_another_place,
    "R06": _accompanies_only,
    "R07": _is_of_age_or_may_go,
    "R08": _graduated_recently,
    "R09": _is_elsewhere_only_once,
    "R10": _goes_abroad,
    "R11": _is_classified,
    "R12": _is_identified,
}
