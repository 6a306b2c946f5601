"""Words and options of `concertmaster user` and `concertmaster token`; as in `main.py`, what they do is loaded late."""

# ruff: noqa: PLC0415  (see main.py)
from __future__ import annotations

from typing import Annotated

import typer

from concertmaster.cli.options import DataDir, Json

user_app = typer.Typer(help="Logging in to the web UI.", no_args_is_help=True)
token_app = typer.Typer(help="API tokens: what programs log in with.", no_args_is_help=True)


@user_app.command("login-link")
def user_login_link(json: Json = False, data_dir: DataDir = None) -> None:
    """Print a link of the running server that logs a browser in, once, within 15 minutes."""
    from concertmaster.cli.user import print_login_link

    print_login_link(as_json=json, data_dir=data_dir)


@token_app.command("create")
def token_create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The program that will use it; the audit shows it.")],
    scope: Annotated[
        str,
        typer.Option(
            help="read: GET only; run: also start and steer executions, switch triggers, order backfills, send events, "
            "list connections; admin: everything, also answer approvals."
        ),
    ] = "read",
    expires: Annotated[str | None, typer.Option(metavar="DURATION", help="For how long: 90d; else for ever.")] = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Make an API token and print it, this once."""
    from concertmaster.cli.tokens import create_token

    create_token(name, scope=scope, expires=expires, as_json=json, data_dir=data_dir)


@token_app.command("list")
def token_list(json: Json = False, data_dir: DataDir = None) -> None:
    """List API tokens, without their secrets."""
    from concertmaster.cli.tokens import list_tokens

    list_tokens(as_json=json, data_dir=data_dir)


@token_app.command("revoke")
def token_revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the token, or its name.")], data_dir: DataDir = None
) -> None:
    """Revoke an API token: from now on it opens nothing."""
    from concertmaster.cli.tokens import revoke_token

    revoke_token(id_, data_dir=data_dir)
