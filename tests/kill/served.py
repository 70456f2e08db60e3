"""What gunicorn serves in a storm: the application as it is, or with the defect that was asked for."""

from tests.kill.planted import plant

plant()

from wsgi import app  # noqa: E402  made of what was planted

__all__ = ["app"]
