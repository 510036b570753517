"""What every command that calls the service has: a client, an output, and their options."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate

import click

from lineament.connection.choice import CERTIFICATE, ENDPOINT, KEY, choose_connection
from lineament.connection.client import Client
from lineament.terminal import Output


class _ExistingFile(click.Path):
    """Path of a file; ``~`` is a home folder, which no shell replaces in a variable's value."""

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | os.PathLike[str]:
        """The path, if there is such a file."""
        named = os.path.expanduser(value)  # noqa: PTH111 - Path's raises without such a user
        return super().convert(named, param, ctx)


EXISTING_FILE = _ExistingFile(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Session:
    """A command's client and output."""

    client: Client
    output: Output


def connected(command: Callable[Concatenate[Session, ...], None]) -> Callable[..., None]:
    """Give a command a session, and the options that describe it."""

    @click.option("--endpoint", envvar=ENDPOINT, help=f"Address of the service. [{ENDPOINT}]")
    @click.option("--key", envvar=KEY, help=f"Key of the service; prefer {KEY}.")
    @click.option(
        "--ca-certificate", type=EXISTING_FILE, envvar=CERTIFICATE, help="Certificates to trust."
    )
    @json_option
    @functools.wraps(command)
    def run(
        endpoint: str | None,
        key: str | None,
        ca_certificate: Path | None,
        as_json: bool,
        **given: Any,
    ) -> None:
        connection = choose_connection(endpoint, key, ca_certificate, os.environ, Path.cwd())
        with Client(connection) as client:
            command(Session(client, Output(as_json=as_json)), **given)

    return run


def json_option(command: Callable[..., None]) -> Callable[..., None]:
    """The option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is deleted; the option ``--yes`` answers."""
    if not yes:
        click.confirm(question, abort=True, err=True)


yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
group_option = click.option("--group", required=True, help="Id of the group, or kind/id.")
