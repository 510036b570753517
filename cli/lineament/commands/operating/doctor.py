"""doctor: checks a service and says how to fix what is wrong."""

from __future__ import annotations

from dataclasses import asdict

import click

from lineament.diagnosis.check import Verdict
from lineament.diagnosis.diagnosis import diagnose
from lineament.errors import Refused, Unreachable
from lineament.session import Session, connected


@click.command()
@connected
def doctor(session: Session) -> None:
    """Check port, TLS, key, storage, models, clock, disk and versions, and say how to fix them."""
    checks = list(diagnose(session.client))
    rows = [[check.name, check.verdict, check.found, check.remedy] for check in checks]
    values = [asdict(check) for check in checks]
    session.output.table(values, ["check", "verdict", "found", "what to do"], rows)
    problems = [check.name for check in checks if check.verdict is Verdict.PROBLEM]
    if {"port", "tls", "endpoint"} & set(problems):
        raise Unreachable("The service does not answer.")
    if problems:
        raise Refused(f"To be fixed: {', '.join(problems)}.")
