"""Statistics on the wire: as JSON, and the same numbers as one table."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from marshmallow import fields

from domain.models.activities import ActivityCode, Unit
from schemas.base import Day, OneOf, Schema, about

# Of the reference project, INTERVET-WB: one example of the whole, since its parts are sums of each other.
EXAMPLE: Mapping[str, Any] = {
    "rows": [
        {"activity": "short_term_learner", "planned": 360, "participations": 372, "percent": 103.33},
        {"activity": "long_term_learner", "planned": 56, "participations": 54, "percent": 96.43},
        {"activity": "job_shadowing", "planned": 54, "participations": 57, "percent": 105.56},
        {"activity": "summer_school", "planned": 36, "participations": 42, "percent": 116.67},
        {"activity": "thematic_team", "planned": 72, "participations": 85, "percent": 118.06},
        {"activity": "teacher_week", "planned": None, "participations": 24, "percent": None},
    ],
    "totals": {
        "learners": {"planned": 416, "participations": 426, "percent": 102.4},
        "staff_with_target": {"planned": 162, "participations": 184, "percent": 113.58},
        "staff_all": {"planned": 162, "participations": 208},
        "all_with_target": {"planned": 578, "participations": 610, "percent": 105.54},
        "all": {"participations": 634},
    },
    "disagreements": [
        {
            "measure": "participants",
            "scope": {"profile": "staff"},
            "computed": 208,
            "reported": [
                {
                    "value": 165,
                    "unit": "participation",
                    "source": "Partner news, 2023-09-29",
                    "as_of": "2023-09-29",
                    "assumed": False,
                    "assumption": None,
                }
            ],
        }
    ],
    "funnel": [
        {
            "activity": "short_term_learner",
            "country": None,
            "planned": 360,
            "applied": 512,
            "selected": 380,
            "abroad": 372,
            "completed": 370,
        }
    ],
}
WITHHELD = "null where it is withheld"
PERCENT = about("Participations in percent of the plan, rounded half up to two decimals; null without both.", 103.33)


class StatisticsRowSchema(Schema):
    """One kind of activity."""

    activity = OneOf(ActivityCode, metadata=about("The kind of activity.", "short_term_learner"))
    planned = fields.Integer(allow_none=True, metadata=about("Its target; null if it has none of its own.", 360))
    participations = fields.Integer(allow_none=True, metadata=about(f"Its participations; {WITHHELD}.", 372))
    percent = fields.Float(allow_none=True, metadata=PERCENT)


class CountSchema(Schema):
    """All participations."""

    participations = fields.Integer(allow_none=True, metadata=about(f"Participations; {WITHHELD}.", 634))


class PlannedCountSchema(CountSchema):
    """Participations beside targets that do not cover all of them."""

    planned = fields.Integer(allow_none=True, metadata=about("The sum of their targets; null without any.", 162))


class ComparedCountSchema(PlannedCountSchema):
    """Participations held against their targets."""

    percent = fields.Float(allow_none=True, metadata=PERCENT)


class StatisticsTotalsSchema(Schema):
    """Activities together. Those `with_target` leave out what has no target."""

    learners = fields.Nested(ComparedCountSchema, metadata=about("Activities for learners."))
    staff_with_target = fields.Nested(ComparedCountSchema, metadata=about("Activities for staff with a target."))
    staff_all = fields.Nested(PlannedCountSchema, metadata=about("All activities for staff."))
    all_with_target = fields.Nested(ComparedCountSchema, metadata=about("All activities with a target."))
    all = fields.Nested(CountSchema, metadata=about("All activities."))


class PublishedFigureSchema(Schema):
    """What somebody published."""

    value = fields.Raw(
        metadata=about("A number; a date or an amount as it was written.", 165) | {"type": ["integer", "string"]}
    )
    unit = OneOf(Unit, metadata=about("What it counts.", "person"))
    source = fields.String(metadata=about("Who published it, and where.", "Partner news, 2023-09-29"))
    as_of = Day(allow_none=True, metadata=about("When it was published, where that is known.", "2023-09-29"))
    assumed = fields.Boolean(metadata=about("Whether we read something into it."))
    assumption = fields.String(allow_none=True, metadata=about("What we read into it."))


class DisagreementSchema(Schema):
    """A figure of ours and those that others published, where they are not the same."""

    measure = fields.String(metadata=about("What is measured.", "participants"))
    scope = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata=about(
            "Of which part of the project: a profile, an activity, or (empty) all of it.", {"profile": "staff"}
        ),
    )
    computed = fields.Raw(
        allow_none=True,
        metadata=about(
            "What we count, in the unit of the figures beside it, or the project's own date; null where "
            "only the sources can be compared.",
            208,
        )
        | {"type": ["integer", "string"]},
    )
    reported = fields.List(fields.Nested(PublishedFigureSchema), metadata=about("All figures published for it."))


class FunnelStageSchema(Schema):
    """How many came how far."""

    activity = OneOf(ActivityCode, metadata=about("The kind of activity.", "short_term_learner"))
    country = fields.String(
        allow_none=True,
        metadata=about("The country that the people come from, not their sending organisation's; null is all.", "AL"),
    )
    planned = fields.Integer(allow_none=True, metadata=about("The target for exactly this; null without one.", 360))
    applied = fields.Integer(allow_none=True, metadata=about(f"Applications; {WITHHELD}.", 512))
    selected = fields.Integer(allow_none=True, metadata=about(f"Of these, offered a place; {WITHHELD}.", 380))
    abroad = fields.Integer(allow_none=True, metadata=about(f"Participations; {WITHHELD}.", 372))
    completed = fields.Integer(allow_none=True, metadata=about(f"Of these, completed; {WITHHELD}.", 370))


class StatisticsSchema(Schema):
    """What a project promised, what came of it, and where published figures say otherwise."""

    example: ClassVar[Any] = EXAMPLE

    rows = fields.List(fields.Nested(StatisticsRowSchema), metadata=about("Targets and results by activity."))
    totals = fields.Nested(StatisticsTotalsSchema, metadata=about("Targets and results of activities together."))
    disagreements = fields.List(
        fields.Nested(DisagreementSchema), metadata=about("Where computed and published figures differ.")
    )
    funnel = fields.List(
        fields.Nested(FunnelStageSchema),
        metadata=about("How many came how far: by activity and country for the coordinator, by activity for others."),
    )


# One header for all parts, so that a spreadsheet can filter by `part`. In `totals`, `activity` has the total's name.
COLUMNS = (
    "part",
    "activity",
    "planned",
    "participations",
    "percent",
    "country",
    "applied",
    "selected",
    "abroad",
    "completed",
    "measure",
    "scope",
    "computed",
    "value",
    "unit",
    "source",
    "as_of",
    "assumed",
    "assumption",
)


def table(report: Mapping[str, Any]) -> Iterator[list[Any]]:
    """A dumped report as rows under COLUMNS: what JSON says, flat. Each published figure is a row of its own."""
    yield list(COLUMNS)
    for part, record in _records(report):
        cells = {"part": part, **record}
        yield [cells.get(column) for column in COLUMNS]


def _records(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from (("rows", row) for row in report["rows"])
    yield from (("totals", {"activity": name, **total}) for name, total in report["totals"].items())
    yield from (("funnel", stage) for stage in report["funnel"])
    for disagreement in report["disagreements"]:
        for figure in disagreement["reported"]:
            yield "disagreements", {**disagreement, **figure, **_flat(disagreement, figure)}


def _flat(disagreement: Mapping[str, Any], figure: Mapping[str, Any]) -> dict[str, str]:
    scope = " ".join(f"{name}={value}" for name, value in disagreement["scope"].items())
    return {"scope": scope, "assumed": "true" if figure["assumed"] else "false"}
