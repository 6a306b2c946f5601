"""What a message says when a name is misspelt: built-ins see of the package only what any plugin sees."""

from __future__ import annotations

import difflib
from collections.abc import Sequence


def hint(word: str, known: Sequence[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """The end of a message: `; did you mean 'x'?`, or nothing.

    Args:
        most: names to offer.
        cutoff: how alike they have to be, from 0 to 1.
    """
    close = difflib.get_close_matches(word, known, n=most, cutoff=cutoff)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
