"""Periodic maintenance."""

from __future__ import annotations

import azure.functions as func

from shared.composition.container import root

blueprint = func.Blueprint()


@blueprint.function_name("maintain")
@blueprint.timer_trigger(schedule="0 */5 * * * *", arg_name="timer", use_monitor=False)
def maintain(timer: func.TimerRequest) -> None:
    """Every five minutes: delete expired data, ingest missed uploads, resume lost trainings."""
    root().maintenance.run()
