"""Sizes as people write them, and back."""

from __future__ import annotations

import pytest

from concertmaster.config import Settings, as_text
from concertmaster.domain.sizes import format_size, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("2147483648", 2**31), ("2GiB", 2**31), ("4GB", 4 * 10**9), ("1.5 kib", 1536), ("512MiB", 2**29)],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1", "4 apples", "1e9", "1GBB"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="512MiB"):
        parse_size(text)


@pytest.mark.parametrize("size", [0, 1, 1000, 1024, 3 * 2**30, 2**30 + 1])
def test_what_is_written_reads_back(size: int) -> None:
    assert parse_size(format_size(size)) == size


def test_every_default_of_a_setting_can_be_typed_back(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    written = {name: as_text(name, getattr(defaults, name)) for name in Settings.model_fields}
    assert (written["node_timeout"], written["execution_timeout"], written["process_memory"]) == ("1h", "7d", "2GiB")
    for name, text in written.items():
        if text:
            monkeypatch.setenv(f"CONCERTMASTER_{name.upper()}", text)
    assert Settings() == defaults
