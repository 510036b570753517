"""train: trains a collection and waits with a bar."""

from __future__ import annotations

from typing import Any

import click

from lineament.service.collections import TRAINED, Collection, find_collection
from lineament.service.training import start_training, wait_for_training
from lineament.session import Session, connected
from lineament.terminal import percent


@click.command()
@click.argument("group")
@click.option("--wait", is_flag=True, help="Return when the training has ended.")
@connected
def train(session: Session, group: str, wait: bool) -> None:
    """Train a GROUP or large face list, so that identify finds what was added."""
    collection = find_collection(session.client, group, TRAINED)
    if wait:
        status = train_and_wait(session, collection)
        session.output.line(status, f"{collection} is trained.")
    else:
        start_training(session.client, collection)
        session.output.line({"status": "running"}, f"The training of {collection} has begun.")


def train_and_wait(session: Session, collection: Collection) -> dict[str, Any]:
    """Train a collection with a bar by percent; returns the final status."""
    start_training(session.client, collection)
    with percent("training") as progress:
        task = progress.task_ids[0]
        return wait_for_training(
            session.client, collection, lambda done: progress.update(task, completed=done)
        )
