"""A workspace with documents, and the command line inside this process where no other process is needed."""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path

import pytest
import yaml

from concertmaster.cli.main import main
from factories import CITIES, NODES, document, pausing, table_workflow
from server_process import Command, Done


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "testing.py").write_text(NODES)
    (tmp_path / "cities.csv").write_text(CITIES)
    for body in (document(), pausing(), table_workflow()):
        (tmp_path / f"{body['name']}.yaml").write_text(yaml.safe_dump(body, sort_keys=False))
    return tmp_path


@pytest.fixture
def command(workspace: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Command:
    """`concertmaster` with these words, in the workspace."""

    def run(*words: str) -> Done:
        root = logging.getLogger()
        handlers, level = list(root.handlers), root.level
        capfdbinary.readouterr()
        code = 0
        try:
            with contextlib.chdir(workspace):
                main([*words])
        except SystemExit as end:
            code = int(end.code or 0)
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    return run
