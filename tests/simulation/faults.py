"""What befalls a cluster: each fault starts, lasts, and ends."""

from collections.abc import Callable

from tests.simulation.cluster import Cluster

Fault = Callable[[Cluster], float]


def kill_worker(cluster: Cluster) -> float:
    worker = cluster.world.random.choice(cluster.workers)
    worker.process.is_alive = False
    return 0.0


def kill_scheduler(cluster: Cluster) -> float:
    cluster.world.random.choice(cluster.schedulers).process.is_alive = False
    return 0.0


def pause_worker(cluster: Cluster) -> float:
    process = cluster.world.random.choice(cluster.workers).process
    process.paused_until = cluster.world.now + cluster.world.random.uniform(0.5, 12)
    return 0.0


def pause_scheduler(cluster: Cluster) -> float:
    process = cluster.world.random.choice(cluster.schedulers).process
    process.paused_until = cluster.world.now + cluster.world.random.uniform(0.5, 12)
    return 0.0


def drain_worker(cluster: Cluster) -> float:
    worker = cluster.world.random.choice(cluster.workers)
    if worker.process.is_alive and not worker.process.is_busy:
        worker.world.after(0.0, worker.process, worker.drain)
    return 0.0


def store_away(cluster: Cluster) -> float:
    cluster.weather.store_is_away = True
    cluster.world.after(
        seconds := cluster.world.random.uniform(0.5, 8),
        None,
        lambda: setattr(cluster.weather, "store_is_away", False),
    )
    return seconds


def lossy_store(cluster: Cluster) -> float:
    weather, random = cluster.weather, cluster.world.random
    weather.lost_replies = random.uniform(0.05, 0.4)
    weather.lost_requests = random.uniform(0, 0.3)
    weather.late_requests = random.choice((0.0, 0.7))
    seconds = random.uniform(1, 10)

    def clear() -> None:
        weather.lost_replies = weather.lost_requests = weather.late_requests = 0.0

    cluster.world.after(seconds, None, clear)
    return seconds + 6.0


def drain_unheard(cluster: Cluster) -> float:
    """A worker gives back what it has not begun while every other answer of the store is lost."""
    weather = cluster.weather
    weather.lost_replies = 0.5
    drain_worker(cluster)
    cluster.world.after(3.0, None, lambda: setattr(weather, "lost_replies", 0.0))
    return 3.0


def roll_back(cluster: Cluster) -> float:
    cluster.roll_back()
    return 0.0


def jump_clock(cluster: Cluster) -> float:
    cluster.clock_offset += cluster.world.random.choice((-3600.0, -30.0, 30.0, 3600.0))
    return 0.0


def bus_away(cluster: Cluster) -> float:
    weather = cluster.weather
    weather.bus_is_away = True
    seconds = cluster.world.random.uniform(1, 12)

    def back() -> None:
        weather.bus_is_away = False
        cluster.bus.is_back()

    cluster.world.after(seconds, None, back)
    return seconds


def slow_bus(cluster: Cluster) -> float:
    weather = cluster.weather
    weather.record_delay = cluster.world.random.uniform(0.5, 8)
    seconds = cluster.world.random.uniform(3, 15)
    cluster.world.after(seconds, None, lambda: setattr(weather, "record_delay", 0.0))
    return seconds


def unruly_bus(cluster: Cluster) -> float:
    weather, random = cluster.weather, cluster.world.random
    weather.lost_records = random.choice((0.0, 0.3))
    weather.doubled_records = random.choice((0.2, 0.6))
    weather.strayed_records = random.choice((0.0, 0.5))
    seconds = random.uniform(3, 15)

    def clear() -> None:
        weather.lost_records = weather.doubled_records = weather.strayed_records = 0.0

    cluster.world.after(seconds, None, clear)
    return seconds


def crashes(cluster: Cluster) -> float:
    """Processes die at any call, of store or bus, before it or after."""
    weather = cluster.weather
    weather.crashes = cluster.world.random.uniform(0.002, 0.02)
    seconds = cluster.world.random.uniform(1, 6)
    cluster.world.after(seconds, None, lambda: setattr(weather, "crashes", 0.0))
    return seconds


def cut_off_worker(cluster: Cluster) -> float:
    """One worker loses the store, the others do not."""
    name = cluster.world.random.choice(cluster.workers).process.name
    cluster.weather.cut_off.add(name)
    seconds = cluster.world.random.uniform(1, 10)
    cluster.world.after(seconds, None, lambda: cluster.weather.cut_off.discard(name))
    return seconds


GENTLE: tuple[Fault, ...] = (
    kill_scheduler,
    pause_scheduler,
    drain_worker,
    bus_away,
    slow_bus,
    unruly_bus,
)
"""Faults that excuse no second run of any item."""

HARSH: tuple[Fault, ...] = (
    kill_worker,
    pause_worker,
    store_away,
    lossy_store,
    drain_unheard,
    roll_back,
    jump_clock,
    crashes,
    cut_off_worker,
)
