"""Requests over HTTP to the first of several servers that answers.

Every request of this client is safe to repeat: a create carries its id, a cancel or retry the run that
it read. So whatever breaks, the same request goes to the next server, and round again until the
patience is over.
"""

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import httpx2

from fanfold.errors import BadAddress, FanfoldError, Problem, ServerUnreachable, StreamBroken, TryAgain
from fanfold.patience import Patience
from fanfold.problems import AWAY, problem
from fanfold.submission import Body

_CONNECT_SECONDS = 3.0
_NO_PROXY = {f"all://{host}": None for host in ("127.0.0.1", "localhost", "[::1]")}

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to ask, of whichever server. `thinking_seconds` is how long the answer may take to begin."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    thinking_seconds: float = 10.0


class Transport:
    """Sends requests and remembers which server answered last. Threads may share it."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._urls = tuple(urls)
        self._preferred = 0
        self._clock = clock
        self._sleep = sleep
        self._http = _http_client(self._urls)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def patience(self, seconds: float) -> Patience:
        """A stretch of trying that begins now."""
        return Patience(seconds, clock=self._clock, sleep=self._sleep)

    def call(self, request: Request, *, patience_seconds: float) -> bytes:
        """The body of a successful answer. Raises Problem, or ServerUnreachable when patience is over."""
        return self._first(lambda url: self._sent(url, request).content, patience_seconds=patience_seconds)

    @contextmanager
    def stream(self, request: Request, *, patience_seconds: float) -> Iterator[Iterator[bytes]]:
        """The body of a successful answer, in pieces as they arrive; each may raise StreamBroken."""
        response = self._first(
            lambda url: self._sent(url, request, stream=True), patience_seconds=patience_seconds
        )
        try:
            yield _pieces(response)
        finally:
            response.close()

    def _first(self, attempt: Callable[[str], _Answer], *, patience_seconds: float) -> _Answer:
        patience = self.patience(patience_seconds)
        while True:
            away: list[FanfoldError] = []
            for number in self._order():
                try:
                    answer = attempt(self._urls[number])
                except _Away as error:
                    away.append(error.why)
                else:
                    self._preferred = number
                    return answer
            if not patience.rest(at_least_seconds=_asked_pause(away)):
                raise _summary(away)

    def _order(self) -> list[int]:
        count = len(self._urls)
        return [(self._preferred + step) % count for step in range(count)]

    def _sent(self, url: str, request: Request, *, stream: bool = False) -> httpx2.Response:
        built = self._http.build_request(
            request.method,
            url + request.path,
            params=dict(request.query),
            content=None if request.body is None else request.body.content(),
            headers={} if request.body is None else {"content-type": request.body.content_type},
            timeout=httpx2.Timeout(request.thinking_seconds, connect=_CONNECT_SECONDS),
        )
        try:
            response = self._http.send(built, stream=stream)
            if response.is_success:
                return response
            body = response.read()
            response.close()
        except httpx2.RequestError as error:
            raise _Away(ServerUnreachable(f"{url}: {_reason(error)}")) from error
        fault = problem(
            status=response.status_code, body=body, retry_after=response.headers.get("retry-after")
        )
        if fault.status in AWAY:
            raise _Away(fault)
        raise fault


class _Away(Exception):
    """This server cannot serve now: ask the next."""

    def __init__(self, why: FanfoldError) -> None:
        super().__init__(str(why))
        self.why = why


def _summary(away: Sequence[FanfoldError]) -> FanfoldError:
    answered = [error for error in away if isinstance(error, Problem)]
    if answered:
        return answered[0]
    return ServerUnreachable(
        "no server answers at " + "; ".join(str(error) for error in away),
        hint="is it running? `fanfold up` starts one on this machine, --url or FANFOLD_URL name another",
    )


def _http_client(urls: Sequence[str]) -> httpx2.Client:
    for url in urls:
        try:
            httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise BadAddress(f"{url!r} is no server address: {error}") from error
    return httpx2.Client(
        verify=_verification(urls), mounts=_NO_PROXY, headers={"user-agent": "fanfold-client"}
    )


def _verification(urls: Sequence[str]) -> ssl.SSLContext | bool:
    # Reading the certificate store takes longer than all else at start, and http needs none of it. A
    # context without certificates trusts nobody, so it fails closed.
    if any(url.startswith("https:") for url in urls):
        return True
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _pieces(response: httpx2.Response) -> Iterator[bytes]:
    try:
        yield from response.iter_bytes()
    except httpx2.RequestError as error:
        raise StreamBroken(_reason(error)) from error


def _asked_pause(away: Sequence[FanfoldError]) -> float:
    asked = [error.retry_after_seconds or 0.0 for error in away if isinstance(error, TryAgain)]
    return min(asked) if len(asked) == len(away) else 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    text = str(error).rpartition("] ")[2].removesuffix(".")
    return text[:1].lower() + text[1:] if text else type(error).__name__
