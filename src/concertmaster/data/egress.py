"""Which addresses outgoing requests may reach: rules, and a network backend that connects to checked addresses only.

The check is made on the address that is then connected to, so a name that resolves differently a second time (DNS
rebinding), or an odd spelling of an address (decimal, octal, IPv4 in IPv6), changes nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, cast

import httpcore

from concertmaster.domain.errors import OperationalError, UserError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Not for public use, yet public in the eyes of `ipaddress`: metadata of Azure and Oracle hosts, relays, site-local.
_ALSO_REFUSED: tuple[Network, ...] = tuple(
    map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "fec0::/10"))
)
_MAX_ADDRESSES = 8


@dataclass(frozen=True, slots=True)
class EgressRules:
    """What may be reached although it is loopback, link-local, private or otherwise refused.

    Attributes:
        hosts: host names or addresses as written in URLs, lower case, each with a port or None for any.
        networks: of which every address and port may be reached.
    """

    hosts: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, entries: str | Iterable[str]) -> EgressRules:
        """Read the setting EGRESS_ALLOW: comma-separated hosts, `host:port`, addresses or networks.

        Raises:
            UserError: `egress.invalid_rule`, naming the entry.
        """
        words = entries.split(",") if isinstance(entries, str) else entries
        hosts: set[tuple[str, int | None]] = set()
        networks: list[Network] = []
        for word in (word.strip() for word in words):
            if not word:
                continue
            network = _network(word)
            if network is not None:
                networks.append(network)
            else:
                hosts.add(_host(word))
        return cls(frozenset(hosts), tuple(networks))

    def allows(self, host: str, port: int, address: Address) -> bool:
        """Whether a connection to this address, asked for under this host name, may be made."""
        name = _plain_host(host)
        if (name, None) in self.hosts or (name, port) in self.hosts or not is_refused(address):
            return True
        candidates = (address, *_embedded(address))
        if (str(candidates[-1]), port) in self.hosts:
            return True
        return any(candidate in network for candidate in candidates for network in self.networks)


def is_refused(address: Address) -> bool:
    """Whether an address is anything but a public one: loopback, link-local, private, multicast, metadata, ..."""
    inner = _embedded(address)
    if inner:
        return any(is_refused(one) for one in inner)
    special = address.is_multicast or address.is_reserved or address.is_unspecified
    return special or not address.is_global or any(address in network for network in _ALSO_REFUSED)


def _embedded(address: Address) -> tuple[Address, ...]:
    """The IPv4 addresses that an IPv6 address stands for: mapped, 6to4, Teredo, NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(inner for inner in found if inner is not None)


def _plain_host(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _network(word: str) -> Network | None:
    try:
        return ipaddress.ip_network(word.strip("[]"), strict=False)
    except ValueError:
        if "/" in word:
            raise UserError(
                "egress.invalid_rule", f"EGRESS_ALLOW: {word!r} is not a network such as 10.0.0.0/8"
            ) from None
        return None


def _host(word: str) -> tuple[str, int | None]:
    name, colon, port = word.rpartition(":")
    if not colon:
        name, port = word, ""
    wrong = not name or any(sign in name for sign in " /@*") or (colon and not (port.isascii() and port.isdigit()))
    if wrong or (port and not 0 < int(port) < 65536):
        raise UserError("egress.invalid_rule", f"EGRESS_ALLOW: {word!r} is not a host, host:port, address or network")
    return _plain_host(name), int(port) if port else None


async def system_resolve(host: str, port: int) -> list[str]:
    """The addresses of a host name, as the operating system finds them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a host once, checks its addresses and connects to one that passed."""

    def __init__(self, rules: EgressRules, resolve: Resolve = system_resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._inner = cast("httpcore.AsyncNetworkBackend", httpcore.AnyIOBackend())

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect; the first address that answers is taken.

        Raises:
            UserError: `http.egress_refused`.
            OperationalError: `http.dns_failed`.
            httpcore.ConnectError, httpcore.ConnectTimeout: no address answered.
        """
        found = await self._addresses(host, port, timeout)
        addresses = checked_addresses(self._rules, host, port, found)
        last: Exception | None = None
        for address in addresses[:_MAX_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last or httpcore.ConnectError("no address")

    async def connect_unix_socket(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:  # noqa: ARG002
        """Never: sockets of the machine are not for nodes."""
        raise UserError("http.egress_refused", "Unix sockets can't be reached from a node", sent=False)

    async def sleep(self, seconds: float) -> None:
        """Wait, for httpcore's own retries."""
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int, timeout: float | None) -> list[Address]:
        try:
            async with asyncio.timeout(timeout):
                return await resolved(self._resolve, host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"resolving {host} took too long") from error


async def allowed_addresses(
    rules: EgressRules, host: str, port: int, *, resolve: Resolve = system_resolve
) -> list[Address]:
    """The addresses of a host that may be connected to, resolved once; connect to one of them and not to the name.

    Raises:
        UserError: `http.egress_refused`.
        OperationalError: `http.dns_failed`.
    """
    return checked_addresses(rules, host, port, await resolved(resolve, host, port))[:_MAX_ADDRESSES]


def allowed_now(rules: EgressRules, host: str, port: int) -> list[str]:
    """`allowed_addresses` for code in a thread: it blocks until the name is resolved.

    Raises:
        UserError: `http.egress_refused`.
        OperationalError: `http.dns_failed`.
    """
    try:
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise _unresolved(host, error) from error
    return [str(address) for address in checked_addresses(rules, host, port, _read(found))[:_MAX_ADDRESSES]]


async def resolved(resolve: Resolve, host: str, port: int) -> list[Address]:
    """The addresses of a host. Raises OperationalError `http.dns_failed`."""
    try:
        return _read(await resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise _unresolved(host, error) from error


def _read(found: list[str]) -> list[Address]:
    return [ipaddress.ip_address(text.partition("%")[0]) for text in dict.fromkeys(found)]


def _unresolved(host: str, error: Exception) -> OperationalError:
    message = f"The host {host} can't be resolved: {error}; check the name"
    return OperationalError("http.dns_failed", message, sent=False, host=host)


def checked_addresses(rules: EgressRules, host: str, port: int, addresses: list[Address]) -> list[Address]:
    """Those that the rules allow. Raises UserError `http.egress_refused` when there is none."""
    passed = [address for address in addresses if rules.allows(host, port, address)]
    if passed:
        return passed
    shown = ", ".join(dict.fromkeys((host, *map(str, addresses))))
    raise UserError(
        "http.egress_refused",
        f"Requests to {shown} are refused: the address is not a public one. If it is meant, add {host}:{port} to "
        "the setting EGRESS_ALLOW (CONCERTMASTER_EGRESS_ALLOW) and restart",
        sent=False,
        host=host,
        port=port,
    )
