"""One seed, one history: a random cluster, random tasks, random faults, and the checks."""

from collections import Counter
from dataclasses import dataclass, field

from app.protocol.control import Action
from tests.simulation.bugs import planted
from tests.simulation.checks import (
    MOST_POISON_DEATHS,
    Violation,
    check_end,
    check_no_second_runs,
    check_store_is_clean,
    demand,
)
from tests.simulation.client import Order
from tests.simulation.cluster import Cluster
from tests.simulation.faults import GENTLE, HARSH
from tests.simulation.world import World

FAULTS_UNTIL = 18.0
LAST_RESUME = FAULTS_UNTIL + 12
GIVE_UP_AFTER = 400.0
COUNTS = (
    "deaths",
    "items_lost",
    "results_refused",
    "revokes",
    "shards_asked_back",
    "shards_copied",
    "shards_offered_again",
)


@dataclass
class Story:
    """What a run was made of, for the counts that are printed."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    problem: str | None = None
    faults: list[str] = field(default_factory=list)


def run_seed(seed: int, bug: str | None = None) -> Story:
    """Runs one history to its end and checks it. A violation is told in the story, with its seed."""
    with planted(bug):
        return _run(seed)


def _run(seed: int) -> Story:
    world = World(seed)
    is_gentle = world.chance(0.3)
    has_poison = not is_gentle and world.chance(0.2)
    orders = [
        _order(world, number, has_poison=has_poison) for number in range(world.random.choice((2, 2, 3)))
    ]
    cluster = Cluster(world=world, orders=orders)
    story = Story(seed=seed)
    _plan_faults(cluster, story, GENTLE if is_gentle else GENTLE + HARSH)
    try:
        _to_the_end(cluster, orders)
        _check(cluster, orders, is_gentle=is_gentle)
    except Violation as violation:
        story.problem = str(violation)
    _tell(story, cluster, orders, is_gentle=is_gentle)
    return story


def _order(world: World, number: int, *, has_poison: bool) -> Order:
    random = world.random
    count = random.choice((30, 40, 60))
    longest = random.choice((0.02, 0.3, 1.0))
    items = []
    for _ in range(count):
        kind = random.choices(("ok", "fail", "once"), (90, 5, 5))[0]
        seconds = random.uniform(0, longest) if world.chance(0.98) else random.uniform(3, 12)
        items.append(f"{kind} {seconds:.4f}")
    if has_poison and number == 0:
        items[random.randrange(count)] = "poison 0.01"
    is_idempotent = world.chance(0.2)
    if is_idempotent and world.chance(0.5):
        items[random.randrange(count)] = "hang 0.05"
    order = Order(
        task_id=f"task-{number}",
        items=items,
        submit_at=random.uniform(0, 3),
        idempotent=is_idempotent,
        priority=random.choice((0, 0, 1)),
        is_awaited=world.chance(0.3),
    )
    if world.chance(0.25):
        order.actions.append((random.uniform(0.2, 15), Action.CANCEL))
    if world.chance(0.2):
        paused = random.uniform(0.2, 8)
        order.actions += [(paused, Action.PAUSE), (paused + random.uniform(0.5, 8), Action.RESUME)]
    for _ in range(random.choice((0, 0, 1, 2))):
        order.retries += 1
        order.actions.append((random.uniform(8, 26), Action.RETRY))
    order.actions.append((LAST_RESUME, Action.RESUME))
    return order


def _plan_faults(cluster: Cluster, story: Story, kinds: tuple) -> None:  # type: ignore[type-arg]
    world = cluster.world

    def strike(fault) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        story.faults.append(f"{world.now:.2f} {fault.__name__}")
        fault(cluster)

    for _ in range(world.random.choice((5, 6, 8))):
        fault = world.random.choice(kinds)
        world.after(world.random.uniform(0.3, FAULTS_UNTIL), None, lambda fault=fault: strike(fault))  # type: ignore[misc]


def _to_the_end(cluster: Cluster, orders: list[Order]) -> None:
    world = cluster.world

    def is_over() -> bool:
        return not cluster.store.unfinished() and all(cluster.client.ledger(order) for order in orders)

    asked_at = [at + order.submit_at for order in orders for at, _ in order.actions if at < LAST_RESUME]
    world.run(max([FAULTS_UNTIL + 8, *asked_at]) + 0.1)
    world.run(GIVE_UP_AFTER, is_over=is_over)


def _check(cluster: Cluster, orders: list[Order], *, is_gentle: bool) -> None:
    for order in orders:
        check_end(order, cluster.store, cluster.journal)
        if is_gentle:
            check_no_second_runs(order, cluster.journal)
    check_store_is_clean(cluster.store, orders)
    runs = 1 + sum(order.retries for order in orders)
    deaths = len(cluster.journal.poison_deaths)
    demand(deaths <= MOST_POISON_DEATHS * runs, f"one item killed {deaths} workers")


def _tell(story: Story, cluster: Cluster, orders: list[Order], *, is_gentle: bool) -> None:
    counts = cluster.store.counts()
    starts = cluster.journal.starts.values()
    story.counts.update(
        runs=1,
        gentle=int(is_gentle),
        tasks=len(orders),
        items=sum(len(order.items) for order in orders),
        faults=len(story.faults),
        starts=sum(len(times) for times in starts),
        poison_deaths=len(cluster.journal.poison_deaths),
    )
    story.counts.update({name: counts.get(name, 0) for name in COUNTS})
    for line in story.faults:
        story.counts[f"fault {line.split()[1]}"] += 1
