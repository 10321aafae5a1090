"""The Flask application: routes over services, every fault a problem, every request guarded."""

from flask import Flask
from werkzeug.routing import BaseConverter

from app.controllers import guard, problems
from app.controllers.health import health_routes
from app.controllers.metrics import Meter, metrics_routes
from app.controllers.nodes import node_routes
from app.controllers.openapi import openapi_routes
from app.controllers.schedule import schedule_routes
from app.controllers.services import Services
from app.settings import Settings


class TaskIdConverter(BaseConverter):
    """Anything in the place of a task id but the words that have a meaning of their own there."""

    regex = "(?!(?:ping|create|status|nodes|node-beat)(?:/|$))[^/]+"


def create_app(services: Services, *, settings: Settings) -> Flask:
    """The API over these services."""
    app = Flask("app", static_folder=None, template_folder=None)
    app.url_map.converters["task"] = TaskIdConverter
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    problems.register(app)
    meter = Meter()
    meter.register(app, services=services)
    guard.register(app, hosts=(settings.server.address, *settings.fanfold.http.allowed_hosts))
    for routes in (schedule_routes, node_routes, health_routes):
        app.register_blueprint(routes(services))
    app.register_blueprint(metrics_routes(meter))
    app.register_blueprint(openapi_routes())
    return app
