"""The product's own runner of one slot without Kafka and Redis, as a companion (language, function)."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.models.result import ItemResult
from app.models.task import Language
from benchmarks.peers.answering import Abilities, answer_questions
from worker.runners.enclosure.launcher import Launcher
from worker.runners.environment import item_environment
from worker.runners.factory import make_runner
from worker.runners.ports import Function, Item, Runner, SlotContext


@contextmanager
def abilities(language: Language, *, source: str) -> Iterator[Abilities]:
    """It can `run` so many items."""
    with Launcher() as launcher:
        context = SlotContext(
            slot=0,
            worker_id="benchmark",
            work_dir=Path.cwd(),
            environment=item_environment(os.environ),
            launcher=launcher,
        )
        function = Function(task_id="benchmark", language=language, source=source)
        with closing(make_runner(function, context=context)) as runner:
            yield {"run": lambda count: run(runner, count)}


def run(runner: Runner, count: int) -> int:
    """How many of the items have succeeded."""
    results: list[ItemResult] = []
    runner.run([Item(index=index, text=str(index)) for index in range(count)], on_results=results.extend)
    return sum(result.outcome.is_success for result in results)


if __name__ == "__main__":
    answer_questions(abilities(Language(sys.argv[1]), source=sys.argv[2]))
