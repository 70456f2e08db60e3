"""Forms, answers to them, and changes of them, made by dice: the same seed gives the same ones."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from jsonschema import Draft202012Validator

from domain.services.form_answers import FILE_KINDS, LEVELS, answer_schema
from domain.services.form_conditions import comparable
from domain.services.form_schemas import Fields

Field = dict[str, Any]

NAMES = ("a", "b", "valueof", "c", "d", "then", "e", "f")  # Some mean something to the objects of JavaScript.
VALUES = ("x", "y", "z", "жњ", "1")
IDS = tuple(f"0193a000-0000-7000-8000-00000000000{number}" for number in range(6))
DAYS = ("2024-02-28", "2024-02-29", "2024-03-01", "2024-03-10", "2025-02-29", "2024-2-1", "2024-03-01\n", "1999-1-1")
TEXTS = (
    "",
    "a",
    "ab",
    "abcd",
    "abcde",
    " \u00a0",
    "a\nb",
    "a\u2028",
    "\x00",
    "é",
    "😀😀😀😀",
    "\ud800",
    "A1",
    "\u200b",
)
NUMBERS = (0, 1, -1, 2, 2.0, 2.5, 19.99, 0.1, 1e400, 10**12, 10**12 + 1, 2**53 + 1, -(10**30), 1e-320, 3)
TAGS = ("sq", "sr-Latn-RS", "x", "sq-", "sq_AL", "a" * 36, "de-CH-1996", "")
JUNK = (
    None,
    True,
    False,
    0,
    1,
    "",
    "x",
    [],
    [None],
    ["x", "x"],
    {},
    {"tag": "sq"},
    {"not_listed": ""},
    [1, True],
    -0.0,
)
LABEL = {"en": "Why?", "sr-Cyrl": "Зашто?"}


# ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def form(dice: Random, *, most: int = len(NAMES)) -> list[Field]:
    """A form as it is asked: destinations are filled in."""
    fields: list[Field] = []
    for name in NAMES[: dice.randint(1, most)]:
        fields.append(field(dice, name, dice.choice(list(OWN)), fields))
    return fields


def field(dice: Random, name: str, of: str, earlier: Sequence[Field]) -> Field:
    """A question, which may wait for one of those before it."""
    made = {"name": name, "type": of, "label": LABEL, **OWN[of](dice)}
    if dice.random() < 0.4:
        made["required"] = True
    if earlier and dice.random() < 0.5:
        made["shown_when"] = shown_when(dice, earlier)
    return made


def shown_when(dice: Random, earlier: Sequence[Field]) -> Field:
    """A condition on one of the questions before."""
    asked = dice.choice(earlier)
    known = comparable(asked)
    tests: list[Field] = [{"is_answered": dice.random() < 0.7}]
    if known:
        tests += [{"equals": dice.choice(known)}, {"one_of": some(dice, known)}] * 2
    return {"question": asked["name"], **dice.choice(tests)}


def as_edited(fields: Fields) -> list[Field]:
    """The form as its makers write it: the call's destinations are not theirs to name."""
    return [{key: value for key, value in each.items() if (each["type"], key) not in FILLED_IN} for each in fields]


FILLED_IN = (("destinations", "choices"), ("organisation", "choices"))


def some(dice: Random, of: Sequence[Any], *, least: int = 1) -> list[Any]:
    """Some of them, in any order."""
    return dice.sample(list(of), dice.randint(least, len(of)))


def maybe(dice: Random, **made: Any) -> Field:
    """Each of these options, or not."""
    return {name: value for name, value in made.items() if dice.random() < 0.5}


def choices(dice: Random) -> list[Field]:
    """Something to choose from."""
    return [{"value": value, "label": {"en": f"({value})"}} for value in some(dice, VALUES)]


def bounded(dice: Random, listed: list[Field]) -> Field:
    """Several of these, within bounds that they leave room for."""
    least = dice.randint(1, len(listed))
    return {"choices": listed, **maybe(dice, min_choices=least, max_choices=dice.randint(least, 5))}


def organisations(dice: Random) -> Field:
    """Organisations with their names."""
    ids = some(dice, IDS)
    named = [{"value": one, "label": {"en": one[-1]}} for one in ids]
    return {"organisations": ids, "choices": named, **maybe(dice, not_listed=dice.random() < 0.7)}


OWN: Mapping[str, Callable[[Random], Field]] = {
    "text": lambda dice: maybe(dice, max_length=dice.randint(1, 4)),
    "long_text": lambda dice: maybe(dice, max_length=dice.randint(1, 4)),
    "choice": lambda dice: {"choices": choices(dice)},
    "several": lambda dice: bounded(dice, choices(dice)),
    "number": lambda dice: maybe(
        dice, decimals=dice.random() < 0.7, minimum=dice.randint(-2, 2), maximum=dice.randint(2, 20)
    ),
    "date": lambda dice: maybe(dice, min_date=dice.choice(DAYS[:2]), max_date=dice.choice(DAYS[1:4])),
    "yes_no": lambda dice: {},
    "file": lambda dice: maybe(dice, max_files=dice.randint(1, 3), accept=some(dice, FILE_KINDS)),
    "language_level": lambda dice: maybe(dice, tag="it"),
    "organisation": organisations,
    "destinations": lambda dice: (
        {"choices": [{"value": one, "label": {"en": one[-1]}} for one in some(dice, IDS, least=0)]}
        | maybe(dice, max_destinations=dice.randint(1, 3))
    ),
}


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def answers(dice: Random, fields: Fields) -> Any:
    """Answers that mostly fit, or that somebody has had their hands on."""
    given = fitting(dice, fields)
    for _ in range(dice.choice((0, 0, 1, 2))):
        given = spoilt(dice, given, fields)
    return given if dice.random() < 0.97 else dice.choice(JUNK)


def fitting(dice: Random, fields: Fields) -> Field:
    """An answer to each question that is asked, as far as it is required or the dice will."""
    given: Field = {}
    for each in fields:
        if is_asked(each, fields, given) and (each.get("required") or dice.random() < 0.6):
            given[each["name"]] = _good(dice, each)
    return given


def _good(dice: Random, each: Mapping[str, Any]) -> Any:
    """One of ten likely answers that fits, as far as there is one."""
    likely = [LIKELY[each["type"]](dice, each) for _ in range(10)]
    validator = Draft202012Validator(answer_schema(each))
    return next(filter(validator.is_valid, likely), likely[0])


def is_asked(each: Field | Mapping[str, Any], fields: Fields, given: Field) -> bool:
    """Whether a question is asked, as a page would see it: our own reading of `shown_when`, without a schema."""
    test = each.get("shown_when")
    if test is None:
        return True
    answer = given.get(test["question"])
    if "is_answered" in test:
        filled = answer not in (None, [], "") and not (isinstance(answer, str) and not answer.strip("\u200b \u00a0"))
        return filled == test["is_answered"]
    wanted = test.get("one_of", [test.get("equals")])
    held = answer if isinstance(answer, list) else [answer]
    return any(one == value and type(one) is type(value) for one in held for value in wanted)


def spoilt(dice: Random, given: Field, fields: Fields) -> Field:
    """The same with something left out, put in, or put in another's place."""
    name = dice.choice(fields)["name"]
    of = next(each for each in fields if each["name"] == name)
    match dice.randint(0, 4):
        case 0:
            return {key: value for key, value in given.items() if key != name}
        case 1:
            return given | {name: dice.choice(JUNK)}
        case 2:
            return given | {dice.choice(("zz", "", "__proto__", "toString")): 1}
        case _:
            return given | {name: LIKELY[of["type"]](dice, of)}


def _of_choices(dice: Random, each: Mapping[str, Any]) -> Any:
    return dice.choice([choice["value"] for choice in each["choices"]] * 3 + ["w"])


def _several(dice: Random, each: Mapping[str, Any]) -> list[str]:
    return some(dice, [choice["value"] for choice in each["choices"]] + ["w"] * (dice.random() < 0.1), least=0)


def _organisation(dice: Random, each: Mapping[str, Any]) -> Any:
    return {"not_listed": dice.choice(TEXTS)} if dice.random() < 0.3 else dice.choice([*each["organisations"], IDS[0]])


def _level(dice: Random, each: Mapping[str, Any]) -> Any:
    level = dice.choice((*LEVELS, "C3"))
    return level if ("tag" in each) == (dice.random() < 0.95) else {"tag": dice.choice(TAGS), "cefr": level}


LIKELY: Mapping[str, Callable[[Random, Mapping[str, Any]], Any]] = {
    "text": lambda dice, each: dice.choice(TEXTS),
    "long_text": lambda dice, each: dice.choice(TEXTS),
    "choice": _of_choices,
    "several": _several,
    "number": lambda dice, each: dice.choice(NUMBERS),
    "date": lambda dice, each: dice.choice(DAYS),
    "yes_no": lambda dice, each: dice.random() < 0.5,
    "file": lambda dice, each: some(dice, (*IDS[:3], IDS[0].upper()) if dice.random() < 0.1 else IDS[:3], least=0),
    "language_level": _level,
    "organisation": _organisation,
    "destinations": _several,
}


# ── changes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def changed(dice: Random, fields: Fields) -> list[Field]:
    """The form with some questions written anew, put in another order or left out, and more of them."""
    kept = [dict(each) for each in fields if dice.random() < 0.97]
    made: list[Field] = []
    for each in kept:
        made.append(_edited(dice, each, made) if dice.random() < 0.4 else each)
    if dice.random() < 0.4:
        made.append(field(dice, "more", dice.choice(list(OWN)), made))
        if dice.random() < 0.5:
            made.append(field(dice, "most", dice.choice(list(OWN)), made))
    return made


def _edited(dice: Random, each: Field, earlier: Sequence[Field]) -> Field:
    """One thing about a question changed."""
    anew = field(dice, each["name"], each["type"], earlier)
    part = dice.choice(["required", "shown_when", *OWN[each["type"]](dice), *anew])
    # What the call offers is not changed by its form.
    if (each["type"], part) in FILLED_IN[:1]:
        return each
    edited = {key: value for key, value in each.items() if key != part} | ({part: anew[part]} if part in anew else {})
    if part in ("choices", "organisations") and each["type"] == "organisation":
        edited |= {"organisations": anew["organisations"], "choices": anew["choices"]}
    return edited
