"""What makes a task the same task, as a hash: all that it says but its id, however its items were sent."""

import hashlib
import re

import msgspec

from app.models.item_range import ItemRange
from app.models.request import MasterTask

_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,18}")


class Fingerprint:
    """SHA-256. Items that are a range are hashed as its rule: so a range costs nothing, and is still the
    same as the list of its numbers."""

    def __init__(self, task: MasterTask) -> None:
        said = task.model_dump(mode="json", exclude={"id", "input_list"})
        self._task = hashlib.sha256(msgspec.json.encode(said, order="sorted"))
        self._listed = self._task.copy()
        self._range: ItemRange | None = None
        self._has_items = False

    def add(self, items: list[str]) -> None:
        """The next items. The same items in other portions make another fingerprint."""
        self._listed.update(msgspec.json.encode(items))
        if self._has_items:
            self._range = _continued(self._range, items) if self._range is not None else None
        else:
            self._range = _begun(items)
        self._has_items = True

    def add_range(self, items: ItemRange) -> None:
        """All items at once."""
        self._range = items

    @property
    def text(self) -> str:
        if self._range is None:
            return self._listed.hexdigest()
        ranged = self._task.copy()
        ranged.update(msgspec.json.encode({"range": self._range}))
        return ranged.hexdigest()


def _begun(items: list[str]) -> ItemRange | None:
    """The range that these are, or None."""
    if not all(_NUMBER.fullmatch(item) for item in items[:2]):
        return None
    start = int(items[0])
    step = int(items[1]) - start if len(items) > 1 else 1
    return _continued(ItemRange(start=start, step=step, count=0), items) if step else None


def _continued(known: ItemRange, items: list[str]) -> ItemRange | None:
    """The range that goes on with these, or None where they are something else."""
    longer = msgspec.structs.replace(known, count=known.count + len(items))
    return longer if longer.texts(((known.count, longer.count),)) == items else None
