"""Dask's side of the comparisons, run in the peers' venv: its own local cluster of two processes."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from distributed import Client, LocalCluster  # type: ignore[import-not-found]  # is in the peers' venv only

from benchmarks.peers.answering import Abilities, answer_questions


@contextmanager
def abilities() -> Iterator[Abilities]:
    """Without its dashboard, which nobody looks at and which costs."""
    size = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**size) as cluster, Client(cluster) as client:
        yield {"bash_map": lambda count: bash_map(client, count)}


def bash_map(client: Client, count: int) -> int:
    """A bash an item; all results are gathered."""
    futures = client.map(_bash, [str(number) for number in range(count)], pure=False)
    return len(client.gather(futures))


def _bash(item: str) -> int:
    return subprocess.run(["bash", "-c", ":", "bash", item], capture_output=True, check=True).returncode


if __name__ == "__main__":
    answer_questions(abilities())
