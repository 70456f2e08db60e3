"""The entry for gunicorn: `gunicorn -c deploy/gunicorn.conf.py wsgi:app`."""

from api.app import create_app
from domain import logs
from domain.config import read_config

logs.to_stream()
app = create_app(read_config())
