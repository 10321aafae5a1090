"""Every metric of the schedulers, with its meaning. Task, item and worker ids are never labels."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is exposed as `name` (without `_total`) and what it means."""

    name: str
    meaning: str


COUNTERS: dict[str, Metric] = {
    "tasks_submitted": Metric(name="fanfold_tasks_submitted", meaning="Tasks that were stored."),
    "tasks_completed": Metric(name="fanfold_tasks_completed", meaning="Runs in which every item succeeded."),
    "tasks_failed": Metric(name="fanfold_tasks_failed", meaning="Runs that ended with failed items."),
    "tasks_cancelled": Metric(name="fanfold_tasks_cancelled", meaning="Runs that were cancelled."),
    "tasks_retried": Metric(name="fanfold_tasks_retried", meaning="Further runs of tasks that had ended."),
    "items_submitted": Metric(name="fanfold_items_submitted", meaning="Items of the tasks that were stored."),
    "items_succeeded": Metric(name="fanfold_items_succeeded", meaning="Items that ended well."),
    "items_failed": Metric(name="fanfold_items_failed", meaning="Items that failed, lost ones among them."),
    "items_cancelled": Metric(name="fanfold_items_cancelled", meaning="Items cancelled before their end."),
    "items_lost": Metric(name="fanfold_items_lost", meaning="Items given up because their workers died."),
    "shards_planned": Metric(name="fanfold_shards_planned", meaning="Shards given to a worker."),
    "shards_offered_again": Metric(
        name="fanfold_shards_offered_again", meaning="Offers of a shard that nobody had claimed."
    ),
    "shards_copied": Metric(
        name="fanfold_shards_copied", meaning="Offers of a running shard to a second worker."
    ),
    "shards_asked_back": Metric(
        name="fanfold_shards_asked_back", meaning="Times a worker was asked to return what it had not begun."
    ),
    "results_refused": Metric(
        name="fanfold_results_refused", meaning="Item results that came from a shard which was gone."
    ),
    "revokes": Metric(
        name="fanfold_shards_revoked", meaning="Shards taken from a worker that no longer named them."
    ),
    "deaths": Metric(name="fanfold_worker_deaths", meaning="Shards revoked because their worker had died."),
    "dead_letters": Metric(
        name="fanfold_dead_letters", meaning="Items or messages put among the dead letters."
    ),
}
"""By the name under which the store counts them; all schedulers show the same."""

GAUGES: dict[str, Metric] = {
    "tasks_unfinished": Metric(name="fanfold_tasks_unfinished", meaning="Tasks that have not ended."),
    "workers_alive": Metric(name="fanfold_workers_alive", meaning="Workers that beat."),
    "slots": Metric(name="fanfold_slots", meaning="Slots of the workers that beat."),
    "slots_busy": Metric(name="fanfold_slots_busy", meaning="Slots that run an item."),
    "shards_held": Metric(name="fanfold_shards_held", meaning="Shards that workers hold."),
}
"""What is true now; all schedulers show the same."""

STORE_UP = Metric(name="fanfold_store_up", meaning="Whether the store answered this scrape (1 or 0).")
REQUESTS = Metric(name="fanfold_http_request_duration_seconds", meaning="Time to the start of the answer.")
INFO = Metric(name="fanfold_build", meaning="The version that runs.")
