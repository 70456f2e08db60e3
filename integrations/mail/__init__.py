"""Messages to persons, as mail: render.py makes them, send.py hands them to a mail server."""
