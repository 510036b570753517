"""A training whose temporary files cannot be written: what was trained is searched meanwhile."""

from __future__ import annotations

import errno
import os
from datetime import timedelta

import pytest

from shared.domain.values import TrainingStatus
from shared.services.queue_policy import TRAINING_ATTEMPTS
from shared.services.training import work_folder
from tests.unit.services.groups.trainable_group import TrainableGroup

FAULTS = [errno.EROFS, errno.EACCES, errno.ENOSPC]


def attempt(group: TrainableGroup) -> None:
    """One delivery of the message, which the host delivers again where it fails."""
    group.clock.advance(timedelta(seconds=10))
    group.training.run(group.message())


def refuse(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def folder(**_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(work_folder, "TemporaryDirectory", folder)


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_a_disk_that_can_be_written_again_between_attempts_costs_no_training(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    face = group.add_person()
    refuse(monkeypatch, number)
    group.training.request(group.key)
    with pytest.raises(OSError, match=r"\[Errno"):
        attempt(group)
    assert group.training.status(group.key).status is TrainingStatus.RUNNING

    monkeypatch.undo()
    attempt(group)

    assert group.training.status(group.key).status is TrainingStatus.SUCCEEDED
    assert group.found() == {face.persisted_face_id}


@pytest.mark.parametrize("number", FAULTS, ids=errno.errorcode.get)
def test_a_training_fails_after_its_attempts_and_what_was_trained_is_searched(
    group: TrainableGroup, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    face = group.add_person()
    group.train()
    added = group.add_person()
    refuse(monkeypatch, number)
    group.training.request(group.key)
    for _ in range(TRAINING_ATTEMPTS):
        with pytest.raises(OSError, match=r"\[Errno"):
            attempt(group)

    assert group.training.status(group.key).status is TrainingStatus.FAILED
    assert group.found() == {face.persisted_face_id}

    monkeypatch.undo()
    assert group.train().status is TrainingStatus.SUCCEEDED
    assert group.found() == {face.persisted_face_id, added.persisted_face_id}
