"""The words of `concertmaster approvals` and `events`; `waits.py` has what they do."""

# ruff: noqa: PLC0415  (see `main.py`)
from __future__ import annotations

from typing import Annotated

import typer

from concertmaster.cli.options import DataDir, Json

approvals_app = typer.Typer(help="Approvals: questions that executions ask people.", no_args_is_help=True)
events_app = typer.Typer(help="Named events, which executions wait for.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the approval.")]
Comment = Annotated[str, typer.Option(help="For those who read the answer.")]
Fields = Annotated[
    list[str] | None, typer.Option("-d", "--data", metavar="NAME=VALUE", help="A field of the form; repeatable.")
]


@approvals_app.command("list")
def approvals_list(
    status: Annotated[
        str, typer.Option(help="`open`, `approved`, `rejected`, `expired`, `withdrawn` or `all`.")
    ] = "open",
    execution: Annotated[str | None, typer.Option(metavar="ID", help="Only of this execution.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """List what people are asked, newest first."""
    from concertmaster.cli.waits import list_approvals

    list_approvals(status=status, execution=execution, limit=limit, as_json=json, data_dir=data_dir)


@approvals_app.command("show")
def approvals_show(id_: Id, json: Json = False, data_dir: DataDir = None) -> None:
    """Show a question with its form, and the answer once there is one."""
    from concertmaster.cli.waits import show_approval

    show_approval(id_, as_json=json, data_dir=data_dir)


@approvals_app.command("approve")
def approvals_approve(id_: Id, data: Fields = None, comment: Comment = "", data_dir: DataDir = None) -> None:
    """Approve; the execution goes on through `approved`."""
    from concertmaster.cli.waits import decide

    decide(id_, "approved", data=data or [], comment=comment, data_dir=data_dir)


@approvals_app.command("reject")
def approvals_reject(id_: Id, data: Fields = None, comment: Comment = "", data_dir: DataDir = None) -> None:
    """Reject; the execution goes on through `rejected`."""
    from concertmaster.cli.waits import decide

    decide(id_, "rejected", data=data or [], comment=comment, data_dir=data_dir)


@events_app.command("send")
def events_send(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What waits know it by.")],
    key: Annotated[str, typer.Option(help="Only waits with the same key get it.")] = "",
    data: Annotated[str | None, typer.Option(metavar="JSON", help="What goes with it.")] = None,
    keep: Annotated[
        str | None, typer.Option(help="For those that begin to wait later, such as `1h`; default 1d, `0s` not at all.")
    ] = None,
    json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Send a named event to all executions that wait for it."""
    from concertmaster.cli.waits import send_event

    send_event(name, key=key, data=data, keep=keep, as_json=json, data_dir=data_dir)
