"""Files of other people's formats, as plain values and back. Pure: no network, no database."""
