"""Settings: every one with its default and help, read once from environment and `concertmaster.toml`.

Order: command line, environment (`CONCERTMASTER_PORT`), `concertmaster.toml` of the workspace, default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from concertmaster.domain.durations import LONGEST, format_duration, parse_duration
from concertmaster.domain.errors import UserError
from concertmaster.domain.problems import plain_message
from concertmaster.domain.sizes import format_size, parse_size

PREFIX = "CONCERTMASTER_"
FILE_NAME = "concertmaster.toml"
DATABASE_FILE = "concertmaster.db"
# In the data folder while a process holds it: which one, and where it serves.
SERVER_FILE = "server.json"
# In the data folder while a server has it: what programs of its user send to it.
TOKEN_FILE = "local-token"  # noqa: S105  (a file name)


# Settings that are a number of bytes.
SIZES = (
    "process_memory",
    "registry_memory",
    "max_body_bytes",
    "outputs_max_bytes",
    "artifacts_cache_bytes",
    "fuse_above",
)
# Settings that are a duration.
DURATIONS = (
    "node_timeout",
    "execution_timeout",
    "process_cpu_time",
    "watch_interval",
    "outputs_max_age",
    "registry_budget",
    "registry_timeout",
)
Duration = Annotated[timedelta, Field(gt=timedelta(), le=LONGEST)]


Origin = Literal["default", "file", "environment", "command line"]


class Settings(BaseSettings):
    """All settings. Relative paths are relative to the workspace."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, validate_default=True)

    _given: frozenset[str] = PrivateAttr(default=frozenset())

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._given = frozenset(given)

    workspace: Path = Field(
        default=Path(), description="Folder that relative paths of file nodes are in, and that they cannot leave."
    )
    data_dir: Path = Field(
        default=Path(".concertmaster"), description="Folder of the database, the artifacts and the keys."
    )
    artifacts_dir: Path | None = Field(
        default=None,
        description="Folder of the artifacts; empty means `artifacts` in the data folder. Servers that share a "
        "PostgreSQL need one that all of them reach.",
    )
    artifacts_url: str = Field(
        default="",
        description="Where artifacts are kept in place of a folder, such as `s3://bucket/path`; also `gs://`, `az://`, "
        "and what else fsspec has a driver for. A bounded cache of them is in the data folder.",
    )
    artifacts_options: SecretStr = Field(
        default=SecretStr(""),
        description="Options for ARTIFACTS_URL as a JSON object, such as `endpoint`, `region`, `access_key_id` and "
        "`secret_access_key` of S3; what is not given is taken from the usual variables, such as AWS_ACCESS_KEY_ID.",
    )
    artifacts_cache_bytes: int = Field(
        default=10 * 2**30,
        ge=2**20,
        description="How large the cache of ARTIFACTS_URL may grow before what was not used for longest goes: bytes, "
        "or `10GiB`.",
    )
    database_url: SecretStr = Field(
        default=SecretStr(""),
        description="URL of the database: `postgresql://user:password@host:5432/database`, or "
        "`sqlite:////absolute/path.db`; empty means the file `concertmaster.db` in the data folder.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on; loopback only until there is TLS.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that encrypts connections, 16 characters or more; empty means the file `secret.key`.",
    )
    secret_key_file: Path | None = Field(
        default=None,
        description="File with the keys that connections are encrypted with, one a line, the newest first: the first "
        "encrypts, all decrypt. Read again when the keys are rotated.",
    )
    connections_dir: Path | None = Field(
        default=None,
        description="Folder of connections that can only be read: `NAME.json`, or a folder `NAME` with a file for each "
        "field, as secrets are mounted.",
    )
    egress_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Hosts or networks that outgoing nodes may reach although they are loopback, link-local or "
        "otherwise refused; comma-separated.",
    )
    shell_allow: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Programs that the node `shell.command` may run, by name or absolute path, comma-separated; `*` "
        "allows any, and scripts. Empty: the node is off. What a named program can be made to do is up to it.",
    )
    limits: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Limits of node types and connections, comma-separated: `node_type:http.request=20` at one time, "
        "`connection:warehouse=10/s` starts (s, m or h), evenly spaced, without bursts.",
    )
    max_running: int = Field(
        default=10_000, ge=1, description="Executions in memory at one time in this process; others wait their turn."
    )
    breaker_failures: int = Field(
        default=5,
        ge=1,
        description="Failures in a row after which nothing is sent to a connection or host for `breaker_seconds`.",
    )
    breaker_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds before an open circuit breaker lets one attempt try again."
    )
    node_timeout: Duration = Field(
        default=timedelta(hours=1),
        description="Time-out of an attempt whose node has none of its own.",
    )
    execution_timeout: Duration = Field(
        default=timedelta(days=7),
        description="Time-out of an execution whose workflow has none of its own.",
    )
    watch_interval: timedelta = Field(
        default=timedelta(seconds=1),
        ge=timedelta(milliseconds=50),
        le=timedelta(hours=1),
        description="How often file triggers look at the files of the workspace.",
    )
    threads: int = Field(default=32, ge=1, le=1024, description="Node functions that may run in threads at once.")
    fuse: bool = Field(
        default=True,
        description="Compute table nodes that follow on each other as one where only the last of their tables is asked "
        "for; the others are then made when somebody looks at them. `false` stores every table.",
    )
    fuse_above: int = Field(
        default=4 * 2**20,
        ge=0,
        description="How much the tables and files that come in have to be together for that: bytes, or `4MiB`. Below "
        "there is little to gain.",
    )
    processes: int = Field(
        default=8,
        ge=1,
        le=256,
        description="Child processes with isolated node code at once; later attempts wait. None is started before the "
        "first is needed.",
    )
    process_memory: int = Field(
        default=2 * 2**30,
        ge=128 * 2**20,
        description="Memory that an isolated attempt may use, its own child processes included: bytes, or `4GiB`.",
    )
    process_cpu_time: timedelta = Field(
        default=timedelta(hours=4),
        gt=timedelta(),
        le=LONGEST,
        description="CPU time that an isolated attempt may use, summed over all its threads and processes.",
    )
    registry_mode: Literal["dynamic", "static"] = Field(
        default="dynamic",
        description="`dynamic`: node types are found at the start and again when files change. `static`: they are "
        "those of the manifest that `concertmaster nodes freeze` wrote, whatever is there now.",
    )
    registry_manifest: Path = Field(
        default=Path("concertmaster-nodes.json"),
        description="File of the manifest; also what is served when dynamic loading is in trouble.",
    )
    registry_budget: Duration = Field(
        default=timedelta(seconds=30),
        description="How long finding all node types may take at the start, before the manifest is served instead.",
    )
    registry_timeout: Duration = Field(
        default=timedelta(seconds=3), description="How long the import of one module with node types may take."
    )
    registry_memory: int = Field(
        default=2**30,
        ge=16 * 2**20,
        description="Memory that the import of one module with node types may take: bytes, or `1GiB`.",
    )
    max_body_bytes: int = Field(
        default=16 * 1024 * 1024, ge=1024, description="Largest request body that the API takes: bytes, or `16MiB`."
    )
    outputs_max_age: timedelta | None = Field(
        default=None,
        gt=timedelta(),
        le=LONGEST,
        description="How long the tables, files and large values of an execution are kept after its end; empty: for "
        "ever. The execution itself, its events and logs stay.",
    )
    outputs_max_count: int | None = Field(
        default=None,
        ge=1,
        description="Of how many of the newest executions of each workflow they are kept; empty: of all.",
    )
    outputs_max_bytes: int | None = Field(
        default=None,
        ge=2**20,
        description="How large the artifact store may grow before the oldest of them go: bytes, or `100GiB`; empty: "
        "without a limit.",
    )
    hook_waiting: int = Field(
        default=1000,
        ge=4,
        le=100_000,
        description="Requests to webhooks that may wait for an answer (`respond: outputs` or `node`) at one time, a "
        "quarter of them to one webhook; fewer where the process may open few files.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least serious log line that is written: debug, info, warning or error."
    )
    log_format: Literal["console", "json"] = Field(
        default="console", description="`console` for people, `json` for programs."
    )

    @field_validator("egress_allow", "shell_allow", "limits", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator(*DURATIONS, mode="before")
    @classmethod
    def _duration(cls, value: object) -> object:
        return parse_duration(value) if isinstance(value, str) else value

    @field_validator(*SIZES, mode="before")
    @classmethod
    def _size(cls, value: object) -> object:
        return parse_size(value) if isinstance(value, str) else value

    @field_validator("log_level", "log_format", "registry_mode", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    # Runs before those above, which read text.
    @field_validator("outputs_max_age", "outputs_max_count", "outputs_max_bytes", mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        return None if value == "" else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, environment, then the file of the workspace."""
        given = init_settings()
        file = Path(given.get("workspace") or Path()) / FILE_NAME
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    def origin(self, name: str) -> Origin:
        """Where the value of a setting comes from."""
        if name in self._given:
            return "command line"
        if name not in self.model_fields_set:
            return "default"
        variable = f"{PREFIX}{name}".upper()
        return "environment" if any(known.upper() == variable for known in os.environ) else "file"

    @property
    def resolved_workspace(self) -> Path:
        """The workspace, absolute."""
        return self.workspace.resolve()

    @property
    def resolved_data_dir(self) -> Path:
        """The data folder, absolute."""
        return (self.resolved_workspace / self.data_dir.expanduser()).resolve()

    @property
    def resolved_artifacts_dir(self) -> Path:
        """The folder of the artifacts, or of their cache, absolute."""
        given = self.artifacts_dir
        if self.artifacts_url:
            return self.resolved_data_dir / "artifacts-cache"
        return self.resolved_data_dir / "artifacts" if given is None else self.resolved_workspace / given.expanduser()

    @property
    def resolved_secret_key_file(self) -> Path | None:
        """The file of the keys, absolute."""
        return None if self.secret_key_file is None else self.resolved_workspace / self.secret_key_file.expanduser()

    @property
    def resolved_connections_dir(self) -> Path | None:
        """The folder of mounted connections, absolute."""
        return None if self.connections_dir is None else self.resolved_workspace / self.connections_dir.expanduser()

    @property
    def scratch_dir(self) -> Path:
        """Folder of what attempts write while they run; the next start empties it."""
        return self.resolved_data_dir / "scratch"

    @property
    def resolved_database_url(self) -> str:
        """The database's URL with the default filled in."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.resolved_data_dir / DATABASE_FILE}"


def as_text(name: str, value: object) -> str:
    """The value of a setting as it can be written; "" when it is empty, or secret."""
    match value:
        case None | SecretStr():
            return ""
        case timedelta():
            return format_duration(value)
        case tuple():
            return ",".join(cast("tuple[str, ...]", value))
        case int() if name in SIZES:
            return format_size(value)
        case _:
            return str(value)


@dataclass(frozen=True, slots=True)
class ToldSetting:
    """A setting as it may be shown: `value` as it can be written, "" for a secret."""

    name: str
    value: str
    secret: bool
    is_set: bool
    origin: Origin
    help: str


def tell(settings: Settings) -> Iterator[ToldSetting]:
    """All settings, in the order of their page."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        secret = isinstance(value, SecretStr)
        text = as_text(name, value)
        is_set = bool(value.get_secret_value()) if secret else text != ""
        variable = f"{PREFIX}{name.upper()}"
        yield ToldSetting(variable, text, secret, is_set, settings.origin(name), field.description or "")


def read(**given: Any) -> Settings:
    """Read all settings.

    Args:
        given: from the command line; None means not given.
    Raises:
        UserError: `settings.invalid`, naming each setting, its value and what it may be.
    """
    known = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**known)
    except ValidationError as error:
        raise UserError("settings.invalid", "\n".join(_explain(item, known) for item in error.errors())) from error
    except tomllib.TOMLDecodeError as error:
        file = Path(known.get("workspace") or Path()) / FILE_NAME
        raise UserError("settings.file_invalid", f"{file}: {error}; mend it or remove it") from error


def _explain(item: Any, given: dict[str, Any]) -> str:
    name = str(item["loc"][0]) if item["loc"] else "?"
    if item["type"] == "extra_forbidden":
        return f"{FILE_NAME} has the unknown setting '{name}'; remove it. Settings: {', '.join(Settings.model_fields)}"
    field = Settings.model_fields.get(name)
    shown = "(hidden)" if name in ("secret_key", "database_url", "artifacts_options") else repr(item["input"])
    option = f"--{name.replace('_', '-')}" if name in given else f"{PREFIX}{name.upper()} or `{name}` in {FILE_NAME}"
    remedy = f" {field.description}" if field is not None else ""
    return f"Setting {name.upper()} is {shown}: {plain_message(item['msg'])}. Change {option}.{remedy}"
