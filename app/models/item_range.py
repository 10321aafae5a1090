"""Items by rule: whole numbers in even steps, which are made where they are read and stored nowhere."""

import msgspec

from app.models.ranges import Spans


class ItemRange(msgspec.Struct, frozen=True, kw_only=True):
    """The texts of `start`, `start + step`, … : `count` of them. A single one has the step 1."""

    start: int
    step: int
    count: int

    @classmethod
    def of(cls, numbers: range) -> "ItemRange":
        """Those numbers, however many (`len` has a limit)."""
        count = max(0, -((numbers.start - numbers.stop) // numbers.step))
        return cls(start=numbers.start, step=numbers.step if count > 1 else 1, count=count)

    @classmethod
    def named_by(cls, upload: str) -> "ItemRange | None":
        """The rule that the name of an upload is, or None where items lie under that name."""
        match upload.split(":"):
            case [_, "range", start, step, count]:
                return cls(start=int(start), step=int(step), count=int(count))
        return None

    def upload_name(self, task_id: str) -> str:
        """The name of an upload that says the rule itself: under it nothing is stored.

        Other uploads are named `<task id>:<random>`, and no client chooses their names.
        """
        return f"{task_id}:range:{self.start}:{self.step}:{self.count}"

    def texts(self, spans: Spans) -> list[str]:
        """The items of `spans`, in order. Raises KeyError for one beyond the end."""
        numbers = range(self.start, self.start + self.step * self.count, self.step)
        for _, stop in spans:
            if stop > self.count:
                raise KeyError(f"item {stop - 1} of {self.count}")
        return [str(number) for start, stop in spans for number in numbers[start:stop]]
