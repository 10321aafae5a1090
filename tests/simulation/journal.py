"""What really happened, written down outside the product: every start of every item."""

from dataclasses import dataclass, field

from worker.holding import Work


@dataclass
class Journal:
    """Starts by task and item, as (worker, time, attempt); workers that a poison item killed."""

    starts: dict[tuple[str, int], list[tuple[str, float, int]]] = field(default_factory=dict)
    poison_deaths: list[str] = field(default_factory=list)

    def started(self, work: Work, *, worker: str, now: float) -> bool:
        """Whether nobody has begun it before."""
        starts = self.starts.setdefault((work.task_id, work.index), [])
        starts.append((worker, now, work.attempt))
        return len(starts) == 1

    def poisoned(self, worker: str) -> None:
        self.poison_deaths.append(worker)
