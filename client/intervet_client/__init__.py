"""Applications, their states, exports and events of an InterVET server.

from intervet_client import Client

client = Client("https://intervet.example", token)
for call in client.calls(status="open", country="AL"):
    print(call["title"])
"""

from intervet_client.client import Client, key_of
from intervet_client.errors import (
    BadFile,
    BadSettings,
    BadSignature,
    Conflict,
    DuplicateApplication,
    FieldError,
    Forbidden,
    IntervetError,
    InvalidInput,
    NotFound,
    NotReachable,
    PreconditionFailed,
    Problem,
    ServerTrouble,
    TooManyRequests,
    Unauthenticated,
)
from intervet_client.findings import Finding
from intervet_client.intake import Intake
from intervet_client.prepared import Common, Prepared, Reading
from intervet_client.results import Outcome, Results
from intervet_client.sending import apply_rows
from intervet_client.shapes import Application, Call, Event, Me, Mobility, Receipt

__all__ = [
    "Application",
    "BadFile",
    "BadSettings",
    "BadSignature",
    "Call",
    "Client",
    "Common",
    "Conflict",
    "DuplicateApplication",
    "Event",
    "FieldError",
    "Finding",
    "Forbidden",
    "Intake",
    "IntervetError",
    "InvalidInput",
    "Me",
    "Mobility",
    "NotFound",
    "NotReachable",
    "Outcome",
    "PreconditionFailed",
    "Prepared",
    "Problem",
    "Reading",
    "Receipt",
    "Results",
    "ServerTrouble",
    "TooManyRequests",
    "Unauthenticated",
    "apply_rows",
    "key_of",
]
