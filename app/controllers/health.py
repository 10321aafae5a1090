"""Whether this process lives, and whether it can serve: each dependency by name."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import msgspec
from flask import Blueprint, Response

from app.controllers.answers import as_json
from app.controllers.services import Services


class Component(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the service needs."""

    status: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """UP, DOWN, or DRAINING while the process stops."""

    status: str
    components: dict[str, Component] = {}


def health_routes(services: Services) -> Blueprint:
    """The routes of health, under the names that Kubernetes and Spring use too."""
    routes = Blueprint("health", __name__)

    @routes.get("/health/live")
    @routes.get("/livez")
    def live() -> Response:
        return as_json(Health(status="UP"))

    @routes.get("/health/ready")
    @routes.get("/readyz")
    @routes.get("/actuator/health")
    def ready() -> Response:
        health = health_of(services.checks, is_stopping=services.is_stopping())
        is_up = health.status == "UP"
        response = as_json(health, status=HTTPStatus.OK if is_up else HTTPStatus.SERVICE_UNAVAILABLE)
        if not is_up:
            response.headers["Retry-After"] = "1"
        return response

    return routes


def health_of(checks: Mapping[str, Callable[[], bool]], *, is_stopping: bool) -> Health:
    """What is there and what is missing."""
    components = {name: Component(status="UP" if check() else "DOWN") for name, check in checks.items()}
    if is_stopping:
        return Health(status="DRAINING", components=components)
    is_up = all(component.status == "UP" for component in components.values())
    return Health(status="UP" if is_up else "DOWN", components=components)
