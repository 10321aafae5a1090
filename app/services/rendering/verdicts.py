"""Remembers what an interpreter said about a source, by its hash, so that the same is not asked twice."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from app.models.task import Language

_MOST_KEPT = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What an interpreter made of a source; `fault` is None when it accepts it."""

    fault: str | None


class Verdicts:
    """The latest verdicts, a bounded number of them; safe for threads. Holds hashes, never sources."""

    def __init__(self, *, most_kept: int = _MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._kept: OrderedDict[bytes, Verdict] = OrderedDict()
        self._lock = Lock()

    def get(self, source: str, *, language: Language) -> Verdict | None:
        """The verdict on this source, if it is still known."""
        key = _key(source, language=language)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, source: str, *, language: Language, verdict: Verdict) -> None:
        """Remember this verdict, and forget the one least recently asked for when there are too many."""
        with self._lock:
            self._kept[_key(source, language=language)] = verdict
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)


def _key(source: str, *, language: Language) -> bytes:
    return hashlib.sha256(f"{language}\0{source}".encode()).digest()
