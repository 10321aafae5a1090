"""Who may talk to the service: requests meant for it, and none that a foreign web page makes.

The service runs commands, and a form post from any page would otherwise reach it on a developer's machine.
"""

import ipaddress
from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import urlsplit

from flask import Flask, Request, request

from app.errors import FanfoldError, MalformedBody

_PORTS = {"http": 80, "https": 443}


class ForeignHost(FanfoldError):
    """The request is addressed to another host: use a name that fanfold.http.allowed-hosts has."""

    code: ClassVar[str] = "host-not-allowed"
    status = 421
    title = "The request is addressed to another host"


class CrossSite(FanfoldError):
    """A page of another site made the request: such requests are refused."""

    code: ClassVar[str] = "cross-site"
    status = 403
    title = "Requests from other sites are refused"


def register(app: Flask, *, hosts: Iterable[str]) -> None:
    """Has every request checked first. `hosts` are accepted beside the names of this machine itself."""
    allowed = frozenset(_plain(host) for host in hosts) - {"", "0.0.0.0", "::"}  # noqa: S104 - not bound

    def check() -> None:
        check_request(request, allowed=allowed)

    app.before_request(check)


def check_request(request: Request, *, allowed: frozenset[str]) -> None:
    """Raises ForeignHost, CrossSite, MalformedBody for ambiguous framing."""
    host = request.headers.get("Host", "")
    if not is_allowed(host, allowed=allowed):
        raise ForeignHost(
            f"the Host {host[:200]!r} is not one of this service's" if host else "the request has no Host",
            hint="add the name to fanfold.http.allowed-hosts",
        )
    origin = request.headers.get("Origin")
    if origin is not None and not _is_same(origin, host=host):
        raise CrossSite(f"the request comes from {origin[:200]!r}")
    site = request.headers.get("Sec-Fetch-Site", "none").strip().lower()
    if site not in {"none", "same-origin"} and not (site == "same-site" and origin is not None):
        raise CrossSite(f"the request comes from another site (Sec-Fetch-Site: {site[:50]})")
    encoding = request.headers.get("Transfer-Encoding", "chunked").strip().lower()
    if encoding != "chunked" or (
        "Transfer-Encoding" in request.headers and "Content-Length" in request.headers
    ):
        raise MalformedBody(
            "the length of the body is ambiguous", hint="send Content-Length or chunks, not both"
        )


def is_allowed(host: str, *, allowed: frozenset[str]) -> bool:
    """Whether a Host header names this machine's loopback or one of `allowed`, with any port."""
    name, port = _split(host)
    if not name or not (port == "" or port.isdecimal()):
        return False
    return name in allowed or name == "localhost" or _is_loopback(name)


def _is_same(origin: str, *, host: str) -> bool:
    """Whether a page of `origin` talks to its own host. A proxy may have left the port out of `host`."""
    try:
        parts = urlsplit(origin)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return False
    if parts.scheme not in _PORTS or parts.hostname is None:
        return False
    name, host_port = _split(host)
    return _plain(parts.hostname) == name and host_port in {"", str(port)}


def _split(host: str) -> tuple[str, str]:
    """Name and port of a Host header; the name is empty where it is none."""
    host = host.strip()
    if host.startswith("["):
        name, closing, rest = host[1:].partition("]")
        return (_plain(name), rest[1:]) if closing and rest[:1] in {"", ":"} else ("", "")
    name, _, port = host.partition(":")
    return _plain(name), port


def _plain(name: str) -> str:
    return name.strip().strip("[]").lower().rstrip(".")


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
