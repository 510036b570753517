"""One round of the service's timer, as it would be ten minutes from now."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from local.data_lock import claim
from local.emulator.azurite import Azurite
from shared.composition.container import Container
from shared.domain.clock import SystemClock

_LATER = timedelta(minutes=10)
"""Past the age at which the timer checks uploads and work that was lost."""


class _LaterClock(SystemClock):
    """The system's clock, set forward."""

    def now(self) -> datetime:
        """See Clock."""
        return super().now() + _LATER


def maintain(data: Path) -> None:
    """Run the maintenance of a service that is not running, on its own data."""
    lock = claim(data)
    emulator = Azurite(data / "azurite", usual_ports=False)
    try:
        environment = {
            "AzureWebJobsStorage": emulator.wait(),
            "FACE_DATA_DIR": str(data),
            "FACE_KEYS": "not-used-" * 4,
        }
        container = Container(environment, clock=_LaterClock())
        try:
            container.maintenance.run()
        finally:
            container.close()
    finally:
        emulator.stop()
        lock.release()
