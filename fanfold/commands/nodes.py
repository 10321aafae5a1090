"""`fanfold nodes`: the workers that are alive."""

import click

from fanfold.terminal.api_command import ApiCommand, connect
from fanfold.terminal.table import table
from fanfold.terminal.wording import moment


@click.command(cls=ApiCommand)
def nodes(urls: tuple[str, ...], *, as_json: bool) -> None:
    """List the workers that are alive.

    \b
    fanfold nodes
    fanfold nodes --json | jq '[.nodes[].slots] | add'
    """
    with connect(urls) as client:
        found = client.nodes()
    if as_json:
        from fanfold.terminal.json_shapes import print_json
        from fanfold.values import NodeList

        print_json(NodeList(nodes=found))
        return
    rows = [
        (node.node_id, node.name, node.slots, node.busy, node.room, node.draining, moment(node.last_beat_at))
        for node in found
    ]
    click.echo(table(("NODE", "NAME", "SLOTS", "BUSY", "ROOM", "DRAINING", "LAST BEAT"), rows))
