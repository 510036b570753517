"""Kills of the host and of the storage emulator at random moments, under load.

Promises that are checked: nothing that the service acknowledged is lost, doubled or back after its
deletion; every acknowledged upload ends in one result; every training ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from random import Random, SystemRandom

from tests.end_to_end.service import RunningService, emulator_of, eventually
from tests.soak._killing.audit import audit
from tests.soak._killing.clients import PATH, Address, SoakClients
from tests.soak._killing.ledger import Ledger
from tests.soak._killing.maintenance import maintain
from tests.soak._killing.report import SoakOptions, SoakReport

_SECONDS = 1_800.0

_PAUSE = (1.0, 6.0)
"""Seconds between a start and the next kill."""

_EMULATOR_SHARE = 0.4

_HOST, _EMULATOR = "kills of the host", "kills of the emulator"
"""As they are counted."""

_HOST_ENDS_WITHIN = 30.0
"""Seconds: twice what `local.launch._stop` says, on a machine that has other work."""


def run() -> Mapping[str, int]:
    """Kill for half an hour; returns what was counted.

    Raises:
        AssertionError: a promise was broken; the data and the log are kept.
    """
    seed = SystemRandom().randrange(2**32)
    folder = Path(tempfile.mkdtemp(prefix="lineament-soak-"))
    report = soak(SoakOptions(folder, _SECONDS, seed))
    assert not report.faults, f"seed {seed}, data in {folder}: {report}"
    shutil.rmtree(folder)
    return {"seed": seed, **report.counts}


def soak(options: SoakOptions) -> SoakReport:
    """Kill until the time is over and both processes were killed, let the service finish, and
    compare it with the ledger.
    """
    ledger, address = Ledger(), Address()
    clients = SoakClients(address, ledger, options.seed)
    _kill_under_load(options, ledger, address, clients)
    maintain(options.folder)
    with RunningService(options.folder) as service:
        _finish_training(service, ledger)
        audit(service, ledger)
    return SoakReport(dict(sorted(ledger.counts.items())), ledger.faults)


def _kill_under_load(
    options: SoakOptions, ledger: Ledger, address: Address, clients: SoakClients
) -> None:
    random = Random(options.seed)  # noqa: S311 - reproducible
    end = time.monotonic() + options.seconds
    started = False
    while time.monotonic() < end or not all(ledger.counts[kills] for kills in (_HOST, _EMULATOR)):
        with RunningService(options.folder) as service:
            address.set(service.url, service.key, service.storage)
            if not started:
                service.ok("PUT", PATH, {"name": "soak"})
                clients.start()
                started = True
            time.sleep(random.uniform(*_PAUSE))
            _kill(service, ledger, address, emulator=random.random() < _EMULATOR_SHARE)
    clients.stop()


def _kill(service: RunningService, ledger: Ledger, address: Address, *, emulator: bool) -> None:
    """Kill one of the two; the other one stops by itself."""
    if not emulator:
        ledger.count(_HOST)
        service.stop(signal.SIGKILL)
        address.end_storage()
        return
    ledger.count(_EMULATOR)
    os.kill(emulator_of(service.process.pid), signal.SIGKILL)
    address.end_storage()
    ledger.emulator_kills.append(time.monotonic())
    try:
        code = service.process.wait(timeout=_HOST_ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        ledger.fault(f"the host has not ended {_HOST_ENDS_WITHIN} s after its storage was killed")
        service.stop(signal.SIGKILL)
        return
    if code != 1:
        ledger.fault(f"the host ended with {code} when its storage was killed")


def _finish_training(service: RunningService, ledger: Ledger) -> None:
    def ended() -> dict[str, str] | None:
        response = service.call("GET", f"{PATH}/training")
        if response.status_code == 404:
            return {}
        status: dict[str, str] = response.json()
        return None if status["status"] == "running" else status

    try:
        eventually(ended, seconds=120)
    except AssertionError:
        ledger.fault("a training has not ended within two minutes")
        return
    if service.train(PATH)["status"] != "succeeded":
        ledger.fault("a training without any fault did not succeed")
