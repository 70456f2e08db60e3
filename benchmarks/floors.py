"""What our addresses are held against: applications that do a part of the same work, and nothing of ours around it."""

import os
from pathlib import Path

from flask import Flask, Response, request
from sqlalchemy import select

from api.parsing import StrictRequest, read_body, read_json
from domain.models.calls import Call
from domain.services import application_rules
from domain.transaction import connect, reading
from schemas.applications import ApplicationWriteSchema

BODY = "BENCHMARK_BODY"  # a file with the bytes to be answered


def same_bytes() -> Flask:
    """A bare view that answers GET /v1/calls with bytes that are there."""
    app, body = Flask("same_bytes"), Path(os.environ[BODY]).read_bytes()

    @app.get("/v1/calls")
    def calls() -> Response:
        return Response(body, content_type="application/json")

    return app


def validation_only() -> Flask:
    """A bare view that reads and checks an application to the one call there is, as ours does, and forgets it."""
    app, schema = Flask("validation_only"), ApplicationWriteSchema()
    app.request_class = StrictRequest
    database = connect(os.environ["INTERVET_DATABASE_URL"])
    with reading(database) as session:
        call = session.scalars(select(Call)).one()
    database.close()

    @app.post("/v1/calls/<name>/applications")
    def applications(name: str) -> tuple[Response, int]:
        application_rules.check(call, schema.load(read_json(read_body(request))))
        return Response(b'{"state":"submitted"}', content_type="application/json"), 201

    return app
