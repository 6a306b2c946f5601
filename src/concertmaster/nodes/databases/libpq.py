"""What libpq is told so that a connection has its own values and nothing of the server's account."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

# Of the file with passwords of this account; one that is there and no plain file makes libpq complain.
NO_FILE = f"{os.devnull}/none"


@contextmanager
def authority(values: Mapping[str, Any]) -> Generator[str | None]:
    """The file of the authority that signed the server's certificate: libpq takes no text."""
    if values["sslmode"] != "verify-full":
        yield None
    elif not values.get("ca_certificate"):
        yield "system"
    else:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(str(values["ca_certificate"]))
            file.flush()
            yield file.name
