"""What is wrong with a configuration, said so that it can be mended in one go."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from app.errors import SettingsError
from app.settings.entries import Entry, Origin

EXIT_STATUS = 78
"""EX_CONFIG of sysexits.h."""

_SECRET = re.compile(r"password|passwd|pwd|secret|token|credential", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: `what` follows the key and its value, `remedy` tells how to mend it."""

    what: str
    remedy: str
    key: str | None = None
    value: str | None = None
    origin: Origin | None = None

    @classmethod
    def at(cls, entry: Entry, *, what: str, remedy: str, key: str | None = None) -> "Fault":
        """A fault of `entry`; the value of a secret is not shown."""
        shown = "***" if _SECRET.search(entry.key) and entry.text else entry.text
        return cls(what=what, remedy=remedy, key=key or entry.key, value=shown, origin=entry.origin)

    def __str__(self) -> str:
        where = f" ({self.origin})" if self.origin is not None else ""
        subject = self.key or ""
        if self.key is not None and self.value is not None:
            subject = f"{self.key}={self.value!r}"
        return f"{subject}{where} {self.what}: {self.remedy}".strip()


class UnusableSettings(SettingsError):
    """The configuration has faults, all of them in `faults`; the process ends with exit status 78."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def exit_with(error: SettingsError) -> NoReturn:
    """Tells every fault on stderr, a line each, and ends the process with `EXIT_STATUS`."""
    for line in error.detail.splitlines():
        sys.stderr.write(f"configuration: {line}\n")
    sys.exit(EXIT_STATUS)
