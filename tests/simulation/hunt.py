"""A hunt: one worker after the other is killed as a list of short items goes on, each soon after the last."""

from tests.simulation.bugs import planted
from tests.simulation.checks import Violation, check_end, check_store_is_clean
from tests.simulation.client import Order
from tests.simulation.cluster import Cluster
from tests.simulation.run import GIVE_UP_AFTER, Story
from tests.simulation.world import World

KILLS = 10
ITEMS_BETWEEN = (30, 60)
SECONDS_BETWEEN = (4.5, 7.0)
ITEM_SECONDS = 0.3
LOOK_SECONDS = 0.1


def hunt(seed: int, bug: str | None = None) -> Story:
    """Innocent items, ten kills, down to the last small shards: who is killed takes none of them along."""
    with planted(bug):
        return _hunt(seed)


def _hunt(seed: int) -> Story:
    world = World(seed)
    between = world.random.randint(*ITEMS_BETWEEN)
    order = Order(task_id="task", items=[f"ok {ITEM_SECONDS}"] * (KILLS * between + 60), submit_at=1.0)
    cluster = Cluster(world=world, orders=[order])
    story = Story(seed=seed)
    _kill_in_turn(cluster, order, story, between=between)
    try:
        world.run(order.submit_at + 1)
        world.run(GIVE_UP_AFTER, is_over=lambda: not cluster.store.unfinished())
        check_end(order, cluster.store, cluster.journal)
        check_store_is_clean(cluster.store, [order])
    except Violation as violation:
        story.problem = str(violation)
    counts = cluster.store.counts()
    story.counts.update({name: counts.get(name, 0) for name in ("revokes", "deaths", "items_lost")})
    story.counts.update(runs=1, kills=len(story.faults), seconds=round(world.now))
    return story


def _kill_in_turn(cluster: Cluster, order: Order, story: Story, *, between: int) -> None:
    world = cluster.world
    not_before = world.now

    def look() -> None:
        nonlocal not_before
        number = len(story.faults)
        ledger = cluster.client.ledger(order)
        is_time = ledger is not None and ledger.succeeded > 20 + between * number
        if is_time and world.now >= not_before:
            not_before = world.now + world.random.uniform(*SECONDS_BETWEEN)
            victim = cluster.workers[number % len(cluster.workers)].process
            victim.is_alive = False
            story.faults.append(f"{world.now:.2f} {victim.name} killed")
        if number < KILLS:
            world.after(LOOK_SECONDS, None, look)

    world.after(LOOK_SECONDS, None, look)
