"""Where a page of the task list ends, as a text that clients hand back unread."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from math import isfinite

from app.models.request import task_id_of


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """The last task of a page: when it was made (store's time) and its id."""

    created_at: float
    task_id: str

    @property
    def text(self) -> str:
        return urlsafe_b64encode(f"{self.created_at!r} {self.task_id}".encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """The cursor of this text. Raises ValueError."""
        try:
            padded = text + "=" * (-len(text) % 4)
            created_at, task_id = urlsafe_b64decode(padded.encode()).decode().split(" ")
        except (Error, UnicodeError) as error:
            raise ValueError("is no cursor") from error
        if task_id_of(task_id) != task_id or not isfinite(float(created_at)):
            raise ValueError("is no cursor")
        return cls(created_at=float(created_at), task_id=task_id)
