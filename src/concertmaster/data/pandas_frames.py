"""Tables as pandas frames, and back."""

# pandas and pyarrow ship few types, so what comes out of them is unknown to the checker.
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false
from __future__ import annotations

from typing import Any, cast

import polars as pl
import pyarrow as pa

from concertmaster.domain.errors import UserError


def pandas_of(table: pa.Table) -> Any:
    """A pandas frame with the types that pandas users expect; numbers stay what they are beside missing values.

    By itself pandas makes whole numbers decimal ones as soon as one is missing, and large ones wrong.
    """
    import pandas as pd  # noqa: PLC0415  (an optional extra)

    nullable: dict[pa.DataType, Any] = {
        pa.int8(): pd.Int8Dtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
        pa.uint8(): pd.UInt8Dtype(),
        pa.uint16(): pd.UInt16Dtype(),
        pa.uint32(): pd.UInt32Dtype(),
        pa.uint64(): pd.UInt64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
    }
    frame = table.to_pandas(split_blocks=True)
    for field, column in zip(table.schema, table.columns, strict=True):
        if column.null_count and field.type in nullable:
            frame[field.name] = column.to_pandas(types_mapper=nullable.get)
    return frame


def frame_of_pandas(frame: Any) -> pl.DataFrame:
    """A pandas frame without its index, copied only where types differ.

    Raises:
        UserError: `node.output_not_serialisable`, a column holds values of several types.
    """
    return cast("pl.DataFrame", pl.from_arrow(arrow_of_pandas(frame)))


def arrow_of_pandas(frame: Any) -> pa.Table:
    """As `frame_of_pandas`, for Arrow."""
    try:
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    except pa.ArrowException as error:
        reason = ": ".join(str(part) for part in reversed(error.args))
        raise UserError(
            "node.output_not_serialisable",
            f"The pandas frame is no table ({reason}); give each column one type, as with frame.astype",
        ) from error
