"""A server for files over SSH, connected to a checked address, its key compared, logged in."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Generator, Mapping
from typing import Any

from concertmaster.nodes.clients.refusals import Network, demand_driver, refused


@contextlib.asynccontextmanager
async def opened(values: Mapping[str, Any], network: Network, *, seconds: float) -> AsyncGenerator[Any]:
    """An `asyncssh.SFTPClient`. Nothing of the account of this process helps: no agent, no keys, no known hosts.

    Args:
        values: of a connection of type `sftp`.
        seconds: that logging in may take.
    Raises:
        UserError, OperationalError: of `dial`; `sftp.host_key_missing`, `sftp.host_key`, `sftp.host_key_changed`,
            `sftp.private_key`, `sftp.login_refused`, `sftp.broke_off`.
    """
    demand_driver("sftp")
    import asyncssh  # noqa: PLC0415  (an optional extra)

    host, port = str(values["host"]), int(values["port"])
    if not values.get("host_key"):
        raise await _unknown(network, host, port)
    keys = [_private(values)] if values.get("private_key") else None
    try:
        trusted = [asyncssh.import_public_key(str(values["host_key"]))]
    except asyncssh.KeyImportError as error:
        raise refused("sftp.host_key", "`host_key` is no public key", "Write it as `ssh-ed25519 AAAA...`") from error
    async with contextlib.AsyncExitStack() as stack:
        held = stack.enter_context(await network.connect(host, port))
        try:
            connection = await stack.enter_async_context(
                asyncssh.connect(
                    sock=held,
                    username=str(values["username"]),
                    password=values.get("password"),
                    client_keys=keys,
                    known_hosts=(trusted, [], []),
                    config=None,
                    agent_path=None,
                    login_timeout=seconds,
                    # A server that is gone without a word is noticed in a minute.
                    keepalive_interval=15,
                    keepalive_count_max=3,
                )
            )
            files = await stack.enter_async_context(connection.start_sftp_client())
        except asyncssh.HostKeyNotVerifiable as error:
            raise refused(
                "sftp.host_key_changed",
                "The server shows another key than `host_key`",
                "Find out why: its key was changed, or somebody is between. A test without `host_key` shows it",
            ) from error
        except asyncssh.PermissionDenied as error:
            raise refused(
                "sftp.login_refused",
                "The server refuses the login",
                "Check username, and password or private_key",
            ) from error
        except (asyncssh.Error, OSError) as error:
            raise refused(
                "sftp.broke_off",
                f"The server broke off: {error}",
                "Check that it offers SFTP on this port",
                retryable=True,
            ) from error
        yield files


@contextlib.contextmanager
def explained(path: str) -> Generator[None]:
    """Say what an error of the driver means for a path.

    Raises:
        OperationalError: `sftp.not_found`, `sftp.denied`, `sftp.disk_full`, `sftp.failed`, `sftp.broke_off`.
    """
    import asyncssh  # noqa: PLC0415

    try:
        yield
    except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory) as error:
        fix = "Check the path; relative ones begin in the folder that the login leads to"
        raise refused("sftp.not_found", f"The server has no {path}", fix) from error
    except (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect) as error:
        fix = "Check the rights of the user there"
        raise refused("sftp.denied", f"The server lets this user not touch {path}", fix) from error
    except (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded) as error:
        fix = "Make room there"
        raise refused("sftp.disk_full", f"The server has no room for {path}", fix, retryable=True) from error
    except (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.ConnectionLost, OSError) as error:
        fix = "Check that the server runs"
        raise refused("sftp.broke_off", f"The server broke off at {path}: {error}", fix, retryable=True) from error
    except asyncssh.Error as error:
        reason = getattr(error, "reason", "") or str(error)
        fix = "Check the path, and what its owner can tell"
        raise refused("sftp.failed", f"The server refuses {path}: {reason}", fix, retryable=True) from error


async def _unknown(network: Network, host: str, port: int) -> Exception:
    """A refusal that tells the key of a server that nobody has vouched for; nothing secret is sent there."""
    import asyncssh  # noqa: PLC0415

    with await network.connect(host, port) as held:
        found: Any = await asyncssh.get_server_host_key(sock=held, config=None)
    line = found.export_public_key("openssh").decode().strip() if found else "none"
    return refused(
        "sftp.host_key_missing",
        f"The server shows the key {line} ({found.get_fingerprint() if found else 'no key'})",
        "If that is its key (its owner can tell the fingerprint), store it as `host_key`",
    )


def _private(values: Mapping[str, Any]) -> Any:
    import asyncssh  # noqa: PLC0415

    try:
        return asyncssh.import_private_key(str(values["private_key"]), values.get("passphrase"))
    except asyncssh.KeyEncryptionError as error:
        raise refused("sftp.private_key", "`passphrase` does not open `private_key`", "Check the passphrase") from error
    except asyncssh.KeyImportError as error:
        fix = "Give its `passphrase`" if "assphrase" in str(error) else "Paste the whole file, BEGIN and END too"
        raise refused("sftp.private_key", "`private_key` cannot be read", fix) from error
