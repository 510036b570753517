"""What commands print: tables for people, JSON for programs, progress on stderr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from lineament.text import encoded_json, printable

_WIDE = 1000
"""Columns where the output is no terminal, so that nothing is cut."""


class Output:
    """Prints the results of a command.

    Args:
        as_json: print JSON in place of tables and sentences.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    def table(
        self, value: object, columns: Sequence[str], rows: Sequence[Sequence[object]]
    ) -> None:
        """Print rows as a table, or ``value`` as JSON."""
        if self.as_json:
            self.json(value)
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        console = Console()
        if not console.is_terminal:
            console = Console(width=_WIDE)
        with console.capture() as capture:
            console.print(table)
        click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))

    def line(self, value: object, sentence: str) -> None:
        """Print one sentence, or ``value`` as JSON."""
        if self.as_json:
            self.json(value)
        else:
            click.echo(printable(sentence))

    def json(self, value: object) -> None:
        """Print JSON."""
        click.echo(encoded_json(value))


class _Rate(ProgressColumn):
    """Items per second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s", style="progress.data.speed")


@contextmanager
def counted(what: str, total: int) -> Iterator[Progress]:
    """A progress bar of counted items, with rate and remaining time; its task is the first."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        progress.add_task(what, total=total)
        yield progress


@contextmanager
def endless(what: str) -> Iterator[Progress]:
    """The number of lines done, and their rate, where the total is not known."""
    columns = (TextColumn("{task.description}"), TextColumn("{task.completed:.0f} lines"), _Rate())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        progress.add_task(what, total=None)
        yield progress


@contextmanager
def percent(what: str) -> Iterator[Progress]:
    """A progress bar from 0 to 100; its task is the first."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        progress.add_task(what, total=100)
        yield progress
