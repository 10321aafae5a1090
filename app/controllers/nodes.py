"""Workers over HTTP."""

from flask import Blueprint, Response, request

from app.controllers import queries
from app.controllers.answers import as_json
from app.controllers.services import Services


def node_routes(services: Services) -> Blueprint:
    """The routes of workers."""
    routes = Blueprint("nodes", __name__)

    @routes.get("/schedule/nodes")
    def nodes() -> Response:
        return as_json(services.nodes.living())

    @routes.get("/schedule/node-beat")
    def node_beat() -> Response:
        return as_json(services.nodes.beat_over_http(queries.node_id(request)))

    return routes
