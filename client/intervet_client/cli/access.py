"""Which server, and who one is there."""

import typer

from intervet_client import settings
from intervet_client.cli.output import console
from intervet_client.client import Client
from intervet_client.settings import Settings


def login(
    lang: str | None = typer.Option(
        None, metavar="LANGUAGE", help="The language in which the server is to answer: en, sq, mk, sr-Latn …"
    ),
) -> None:
    """Keep a server's address and your token, in a file that only you can read.

    Both are asked for; the token isn't shown while you type or paste it. INTERVET_URL and INTERVET_TOKEN in the
    environment are used instead of the file. Without a token you are the public.
    """
    kept = settings.read(settings.path())
    url = typer.prompt("Address of the server", default=kept.url if kept else None)
    token = typer.prompt("Token (nothing for none)", default="", hide_input=True, show_default=False).strip() or None
    client = Client(url, token, lang=lang)
    if token:
        me = client.me()
        console.print(f"You are {me['holder']} of {me['organisation']}.", markup=False)
        console.print(f"Your token may: {', '.join(me['scopes'])}.", markup=False)
    else:
        next(client.calls(status="open"), None)  # that there is such a server
        console.print("Without a token you see what the public sees.")
    settings.keep(Settings(client.url, token, lang), settings.path())
    console.print(f"Kept in {settings.path()}", markup=False)


def logout() -> None:
    """Forget the server and the token."""
    settings.path().unlink(missing_ok=True)
    console.print("Forgotten. The token itself stays valid; whoever made it can revoke it.")
