"""costs: estimates a month on Azure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

import click

from lineament.costs import LOADS, MEANING, Assumptions, estimate, table
from lineament.session import json_option
from lineament.terminal import Output


def _assumptions(command: Callable[..., None]) -> Callable[..., None]:
    """One option for each assumption."""
    defaults = Assumptions()
    for field in reversed(fields(Assumptions)):
        command = click.option(
            f"--{field.name.replace('_', '-')}",
            type=float,
            default=getattr(defaults, field.name),
            show_default=True,
            help=field.metadata[MEANING],
        )(command)
    return command


@click.command()
@click.argument("detections", nargs=-1, type=click.IntRange(min=0))
@_assumptions
@json_option
def costs(detections: tuple[int, ...], as_json: bool, **assumed: Any) -> None:
    """Estimate the monthly costs of DETECTIONS on Azure; docs/costs.md has the formulas."""
    assumptions = Assumptions(**assumed)
    loads = detections or LOADS
    estimates = [asdict(estimate(load, assumptions)) for load in loads]
    output = Output(as_json=as_json)
    if as_json:
        output.json(estimates)
    else:
        click.echo(table(loads, assumptions))
