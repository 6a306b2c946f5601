"""Test of a connection to a server for files over SSH: log in and ask where we are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertmaster.nodes.connection_checks.access import SECONDS, Access, CheckFailed, connected


async def sftp(values: Mapping[str, Any], access: Access) -> str:
    """Log in; the server must have the key that the connection names."""
    import asyncssh  # noqa: PLC0415  (an optional extra)

    host, port = str(values["host"]), int(values["port"])
    if not values.get("host_key"):
        async with connected(access, host, port) as held:
            found: Any = await asyncssh.get_server_host_key(sock=held, config=None)
        line = found.export_public_key("openssh").decode().strip() if found else "none"
        raise CheckFailed(
            f"The server shows the key {line} ({found.get_fingerprint() if found else 'no key'})",
            "If that is its key (its owner can tell the fingerprint), store it as `host_key`",
        )
    keys = [_private(values)] if values.get("private_key") else None
    try:
        trusted = [asyncssh.import_public_key(str(values["host_key"]))]
    except asyncssh.KeyImportError as error:
        raise CheckFailed("`host_key` is no public key", "Write it as `ssh-ed25519 AAAA...`") from error
    async with connected(access, host, port) as held:
        try:
            async with (
                asyncssh.connect(
                    sock=held,
                    username=str(values["username"]),
                    password=values.get("password"),
                    client_keys=keys,
                    known_hosts=(trusted, [], []),
                    config=None,
                    agent_path=None,
                    login_timeout=SECONDS,
                ) as connection,
                connection.start_sftp_client() as files,
            ):
                await files.realpath(".")
        except asyncssh.HostKeyNotVerifiable as error:
            raise CheckFailed(
                "The server shows another key than `host_key`",
                "Find out why: its key was changed, or somebody is between. A test without `host_key` shows it",
            ) from error
        except asyncssh.PermissionDenied as error:
            raise CheckFailed("The server refuses the login", "Check username, and password or private_key") from error
        except (asyncssh.Error, OSError) as error:
            raise CheckFailed(f"The server broke off: {error}", "Check that it offers SFTP on this port") from error
    return "The server took the login and offers SFTP"


def _private(values: Mapping[str, Any]) -> Any:
    import asyncssh  # noqa: PLC0415

    try:
        return asyncssh.import_private_key(str(values["private_key"]), values.get("passphrase"))
    except asyncssh.KeyEncryptionError as error:
        raise CheckFailed("`passphrase` does not open `private_key`", "Check the passphrase") from error
    except asyncssh.KeyImportError as error:
        fix = "Give its `passphrase`" if "assphrase" in str(error) else "Paste the whole file, BEGIN and END too"
        raise CheckFailed("`private_key` cannot be read", fix) from error
