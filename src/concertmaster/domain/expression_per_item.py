"""PerItem: a config value with expressions that a node computes for each item of a list, not the engine once before.

Its schema says `x-per-item: true`. Everything but `item` and `index` is what expressions see at the node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from concertmaster.domain.expression_values import Budget, ExpressionError

ITEM_ROOTS = frozenset({"item", "index"})
# A node computes beside the server's loop and can be cancelled between two items, so it may spend more than others.
UNITS = 400_000_000


@dataclass(frozen=True, slots=True)
class PerItem:
    """Computes the value for one item after the other.

    Attributes:
        source: as it stands in the config.
        scope: what the expressions see besides `item` and `index`; plain data.
    """

    source: Any
    scope: Mapping[str, Any] = field(default_factory=lambda: {}, repr=False)
    _render: Callable[[Mapping[str, Any], Budget], Any] | None = field(default=None, repr=False)
    _budget: Budget = field(default_factory=lambda: Budget(UNITS), repr=False, compare=False)

    def of(self, item: Any, index: int) -> Any:
        """The value for one item.

        Raises:
            ExpressionError: it cannot be computed; the message names the item.
        """
        if self._render is None:
            return self.source
        try:
            return self._render({**self.scope, "item": item, "index": index}, self._budget)
        except ExpressionError as error:
            raise ExpressionError(error.code, f"Item {index}: {error.message}", **error.details, index=index) from error

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: value if isinstance(value, PerItem) else cls(value),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.source),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"x-per-item": True}
