"""Kafka's jars: pinned by a lock of coordinates and checksums, kept in the user's cache."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fanfold.embedded.errors import EmbeddedError
from fanfold.embedded.space import require_space

LOCK_FILE = Path(__file__).with_name("kafka.lock.toml")
_DOWNLOADS_AT_ONCE = 4
_HTTP_TIMEOUT_SECONDS = 60
_ATTEMPTS = 3
_NEEDED_BYTES = 300 * 1024 * 1024

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Jar:
    """One pinned jar: its Maven coordinate and the SHA-256 of its bytes, in hex."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def pinned_jars(lock_file: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """The jars that the lock (in jgo's own format) names, in the order of the class path."""
    entries = tomllib.loads(lock_file.read_text(encoding="utf-8"))["dependencies"]
    return tuple(
        Jar(group=e["groupId"], artifact=e["artifactId"], version=e["version"], sha256=e["sha256"])
        for e in entries
    )


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/fanfold`, by default `~/.cache/fanfold`."""
    configured = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(configured) if Path(configured).is_absolute() else Path.home() / ".cache"
    return root / "fanfold"


@contextmanager
def cache_lock(cache: Path, *, say: Say) -> Iterator[None]:
    """Hold the cache for one process at a time; waits for the others."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that prepares {cache}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def discard_leftovers(folder: Path) -> None:
    """Remove what a process left that was killed while it filled this folder; call with the lock held."""
    for leftover in folder.glob("filling-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def kafka_jars(cache: Path, *, say: Say) -> Path:
    """The folder with every pinned jar, filled at the first call; call with the cache lock held.

    A folder appears under its name only when all its jars are there and have the pinned checksums.

    Raises:
        EmbeddedError: a jar cannot be fetched, or is not the one that was pinned.
    """
    jars = pinned_jars()
    digest = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:12]
    folder = cache / f"kafka-{jars[0].version}-{digest}"
    if folder.is_dir():
        return folder
    discard_leftovers(cache)
    require_space(cache, needed_bytes=_NEEDED_BYTES)
    say(f"fetching Kafka {jars[0].version}: {len(jars)} jars, about 44 MB, only this once")
    with tempfile.TemporaryDirectory(dir=cache, prefix="filling-") as filling:
        complete = Path(filling) / "complete"
        complete.mkdir()
        _fetch_all(jars, repository=Path(filling) / "repository", into=complete)
        complete.rename(folder)
    return folder


def class_path(folder: Path) -> str:
    """The jars of a filled folder as Java's `-cp` wants them."""
    return os.pathsep.join(str(folder / jar.filename) for jar in pinned_jars())


def _fetch_all(jars: tuple[Jar, ...], *, repository: Path, into: Path) -> None:
    with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
        for jar, path in zip(
            jars, pool.map(lambda jar: _fetch(jar, repository=repository), jars), strict=True
        ):
            path.rename(into / jar.filename)


def _fetch(jar: Jar, *, repository: Path) -> Path:
    """Fetch one jar, again if the network fails: an attempt must not meet what an earlier one left."""
    # jgo and its HTTP client take 200 ms to import and are needed only to fill the cache.
    import requests

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            path = _resolve(jar, repository=repository / str(attempt))
        except (requests.RequestException, RuntimeError) as error:
            if attempt == _ATTEMPTS:
                raise EmbeddedError(
                    f"{jar.coordinate} cannot be fetched from Maven Central: {error}"
                ) from error
            time.sleep(attempt)
        else:
            _verify(jar, path=path)
            return path
    raise AssertionError("the last attempt returns or raises")


def _resolve(jar: Jar, *, repository: Path) -> Path:
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=repository, timeout=_HTTP_TIMEOUT_SECONDS)
    return Path(context.create_dependency(jar.coordinate).artifact.resolve())


def _verify(jar: Jar, *, path: Path) -> None:
    with path.open("rb") as handle:
        found = hashlib.file_digest(handle, "sha256").hexdigest()
    if found != jar.sha256:
        raise EmbeddedError(
            f"{jar.coordinate} is not the jar that was pinned: sha256 {found}, not {jar.sha256}"
        )
