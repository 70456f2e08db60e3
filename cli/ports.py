"""Whether a port is free to listen on."""

import socket

from domain.config import ConfigError


def check_port(host: str, port: int) -> None:
    """Raise ConfigError when somebody else listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        # As the server will: a port that was used a moment ago is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            reason = error.strerror or "it can't be used"
            raise ConfigError(f"Port {port} on {host}: {reason}; set PORT to a free one.") from error
