"""What runs: all that API and CLI may use of it. `bootstrap.py` makes it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from concertmaster.config import Settings
from concertmaster.observability.metrics import Metrics
from concertmaster.services.audit import AuditService
from concertmaster.services.comparison import ComparisonService
from concertmaster.services.connection_tests import ConnectionTestService
from concertmaster.services.connection_uses import ConnectionUseService
from concertmaster.services.connections import ConnectionService
from concertmaster.services.control import ControlService
from concertmaster.services.downloads import DownloadService
from concertmaster.services.drafts import DraftService
from concertmaster.services.evaluate import EvaluateService
from concertmaster.services.executions import ExecutionService
from concertmaster.services.files import FileService
from concertmaster.services.history import HistoryService
from concertmaster.services.items import ItemService
from concertmaster.services.logins import LoginService
from concertmaster.services.logs import LogService
from concertmaster.services.nodes import NodeTypeService
from concertmaster.services.operations import OperationsService
from concertmaster.services.options import OptionService
from concertmaster.services.outputs import OutputService
from concertmaster.services.registry_feed import RegistryFeed
from concertmaster.services.retention import RetentionService
from concertmaster.services.stream import StreamService
from concertmaster.services.templates import TemplateService
from concertmaster.services.tokens import TokenService
from concertmaster.services.versions import VersionService
from concertmaster.services.waits import WaitService
from concertmaster.services.workflow_feed import WorkflowFeed
from concertmaster.services.workflows import WorkflowService
from concertmaster.triggering import Triggering
from concertmaster.trying import Trying


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that runs, as far as API and CLI may use it; `loaded`: every node type is there."""

    settings: Settings
    workflows: WorkflowService
    executions: ExecutionService
    history: HistoryService
    items: ItemService
    logs: LogService
    outputs: OutputService
    evaluate: EvaluateService
    files: FileService
    downloads: DownloadService
    comparison: ComparisonService
    control: ControlService
    trying: Trying
    waits: WaitService
    triggering: Triggering
    drafts: DraftService
    templates: TemplateService
    versions: VersionService
    workflow_feed: WorkflowFeed
    connections: ConnectionService
    connection_uses: ConnectionUseService
    connection_tests: ConnectionTestService
    node_types: NodeTypeService
    options: OptionService
    operations: OperationsService
    metrics: Metrics
    stream: StreamService
    registry_feed: RegistryFeed
    logins: LoginService
    tokens: TokenService
    retention: RetentionService
    audit: AuditService
    recovered: int
    loaded: asyncio.Event
