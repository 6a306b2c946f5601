"""What all types of connections have in common: a model of their fields, some of them secret."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from concertmaster.nodes.credentials import Secret

Host = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\s/@]+$", description="Name or address.")]
Port = Annotated[int, Field(ge=1, le=65535)]
Text = Annotated[str, Field(min_length=1, max_length=1_000)]
# A secret of several lines, such as a key.
SecretText = Annotated[Secret, Field(json_schema_extra={"format": "textarea", "writeOnly": True})]


class ConnectionModel(BaseModel):
    """Fields of one type; text is read as numbers and yes or no where the field is one, as it comes from a terminal."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


def when(field: str, *values: str | bool) -> dict[str, Any]:
    """For a field of a form that is shown only while another has one of these values."""
    return {"x-when": {field: list(values)}}
