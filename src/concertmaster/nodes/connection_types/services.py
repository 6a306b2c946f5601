"""Connections to storage, mail and message services."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from concertmaster.nodes.connection_types.databases import CaCertificate
from concertmaster.nodes.connection_types.model import ConnectionModel, Host, Port, SecretText, Text
from concertmaster.nodes.connection_types.web import Url
from concertmaster.nodes.credentials import Secret

Tls = Annotated[bool, Field(title="TLS", description="Encrypt, and check whose certificate it is.")]


class S3(ConnectionModel):
    """A bucket of Amazon S3, or of a service that speaks the same protocol."""

    bucket: Annotated[str | None, Field(max_length=63, pattern=r"^[a-z0-9][a-z0-9.-]+[a-z0-9]$")] = None
    region: Annotated[Text, Field(pattern=r"^[a-z0-9-]+$")] = "us-east-1"
    endpoint_url: Annotated[Url | None, Field(description="Of another service than Amazon's.")] = None
    access_key_id: Text
    secret_access_key: Secret
    session_token: Secret | None = None


class Smtp(ConnectionModel):
    """A mail server that takes outgoing mail."""

    host: Host
    port: Port = 587
    security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="`tls` from the first byte (port 465), `starttls` after a greeting (587), or none at all."),
    ] = "starttls"
    username: Text | None = None
    password: Secret | None = None
    from_address: Annotated[Text | None, Field(description="Sender of mails that name none.", pattern=r"^\S+@\S+$")] = (
        None
    )
    ca_certificate: CaCertificate = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise PydanticCustomError("incomplete", "`username` and `password` go together")
        return self


class Sftp(ConnectionModel):
    """A server for files over SSH."""

    host: Host
    port: Port = 22
    username: Text
    password: Secret | None = None
    private_key: Annotated[SecretText | None, Field(description="In PEM or OpenSSH format.")] = None
    passphrase: Annotated[Secret | None, Field(description="Of the private key.")] = None
    host_key: Annotated[
        str | None,
        Field(
            max_length=10_000,
            description="Public key of the server, such as `ssh-ed25519 AAAA...`; a test without it shows the one that "
            "the server has. Without it nothing is sent.",
        ),
    ] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.password is None and self.private_key is None:
            raise PydanticCustomError("incomplete", "it needs `password` or `private_key`")
        return self


class Redis(ConnectionModel):
    """A Redis server, or one that speaks its protocol."""

    host: Host
    port: Port = 6379
    database: Annotated[int, Field(ge=0, le=100_000)] = 0
    username: Text | None = None
    password: Secret | None = None
    tls: Tls = False
    ca_certificate: CaCertificate = None


class Rabbitmq(ConnectionModel):
    """A RabbitMQ broker (AMQP 0.9.1)."""

    host: Host
    port: Port = 5672
    virtual_host: Text = "/"
    username: Text = "guest"
    password: Secret
    tls: Tls = False
    ca_certificate: CaCertificate = None


class Nats(ConnectionModel):
    """A NATS server."""

    host: Host
    port: Port = 4222
    token: Secret | None = None
    username: Text | None = None
    password: Secret | None = None
    tls: Tls = False
    ca_certificate: CaCertificate = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.token is not None and self.username is not None:
            raise PydanticCustomError("unused", "it takes `token`, or `username` and `password`, not both")
        return self


class Kafka(ConnectionModel):
    """A Kafka cluster."""

    bootstrap_servers: Annotated[
        str,
        Field(
            max_length=2_000,
            pattern=r"^[^\s,:/@]+:\d+(\s*,\s*[^\s,:/@]+:\d+)*$",
            description="`host:port`, several separated by commas.",
        ),
    ]
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = None
    username: Text | None = None
    password: Secret | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        sasl = self.security_protocol.startswith("SASL")
        if sasl and (self.sasl_mechanism is None or self.username is None or self.password is None):
            raise PydanticCustomError("incomplete", "SASL needs `sasl_mechanism`, `username` and `password`")
        return self
