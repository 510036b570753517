"""Starting, stopping, restarting, rotating keys, overload."""

from __future__ import annotations

import json
import re
import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.end_to_end.service import RunningService, eventually
from tests.images import portrait


def test_stdout_has_exactly_the_announced_lines(service: RunningService) -> None:
    patterns = (
        r"url: http://127\.0\.0\.1:\d+",
        r"key: [0-9a-f]{32}",
        r"storage: DefaultEndpointsProtocol=.*AccountKey=.*BlobEndpoint=.*",
        r"docs: http://127\.0\.0\.1:\d+/docs",
        r"try: curl .*",
        r"console: http://127\.0\.0\.1:\d+/console#code=[\w-]{22}",
        r"ready",
    )
    assert len(service.lines) == len(patterns)
    for pattern, line in zip(patterns, service.lines, strict=True):
        assert re.fullmatch(pattern, line)


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path) -> None:
    group = uuid.uuid4().hex
    path = f"persongroups/{group}"
    with RunningService(tmp_path) as first:
        key = first.key
        first.ok("PUT", path, {"name": "kept"})
        person = first.ok("POST", f"{path}/persons", {"name": "A"})["personId"]
        image = portrait("person_a_1").read_bytes()
        first.ok("POST", f"{path}/persons/{person}/persistedfaces", image=image)
        first.train(path)
        face_ids = first.faces(portrait("person_a_2").read_bytes())
        assert first.stop(signal.SIGINT) == 0
    with RunningService(tmp_path) as second:
        assert second.key == key
        answer = second.ok("POST", "identify", {"faceIds": face_ids, "personGroupId": group})
        assert [one["personId"] for one in answer[0]["candidates"]] == [person]


def test_a_killed_service_leaves_nothing_that_keeps_the_next_from_starting(tmp_path: Path) -> None:
    with RunningService(tmp_path) as first:
        first.ok("PUT", "persongroups/kept", {"name": "kept"})
        assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    with RunningService(tmp_path) as second:
        assert second.ok("GET", "persongroups/kept")["name"] == "kept"


def test_keys_rotate_without_a_restart(tmp_path: Path) -> None:
    with RunningService(tmp_path) as service:
        settings = tmp_path / "local.settings.json"
        values = json.loads(settings.read_text("utf-8"))
        values["Values"]["FACE_KEYS"] = "second-key,third-key"
        settings.write_text(json.dumps(values), "utf-8")

        def accepted() -> bool | None:
            with httpx.Client(base_url=service.url) as client:
                answer = client.get(
                    "/face/v1.2/persongroups", headers={"Ocp-Apim-Subscription-Key": "third-key"}
                )
            return True if answer.status_code == 200 else None

        assert eventually(accepted, seconds=45)
        assert service.call("GET", "persongroups").status_code == 401


def test_beyond_the_queue_requests_are_refused_at_once_and_may_come_again(tmp_path: Path) -> None:
    bounds = {"FACE_INFERENCE_CONCURRENCY": "1", "FACE_INFERENCE_WAITING": "1"}
    with RunningService(tmp_path, bounds) as service:
        image = portrait("person_a_1").read_bytes()
        with ThreadPoolExecutor(16) as pool:
            answers = list(
                pool.map(lambda _: service.call("POST", "detect", image=image), range(64))
            )
        statuses = {answer.status_code for answer in answers}
        assert statuses == {200, 503}
        refused = next(answer for answer in answers if answer.status_code == 503)
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["error"]["code"] == "ServiceUnavailable"
        assert service.faces(image)


def test_requests_under_way_are_answered_before_the_service_ends(tmp_path: Path) -> None:
    with RunningService(tmp_path) as service:
        image = portrait("person_a_1").read_bytes()
        service.faces(image)
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(service.call, "POST", "detect", image=image) for _ in range(8)]
            eventually(lambda: True if any(call.done() for call in calls) else None)
            assert service.stop(signal.SIGTERM) == 0
            answers = [call.result() for call in calls if call.exception() is None]
        assert answers
        assert {answer.status_code for answer in answers} <= {200, 503}


def test_names_keys_and_user_data_are_not_in_the_log(service: RunningService) -> None:
    secret = f"private-{uuid.uuid4().hex}"
    path = f"persongroups/{uuid.uuid4().hex}"
    service.ok("PUT", path, {"name": secret, "userData": secret})
    person = service.ok("POST", f"{path}/persons", {"name": secret, "userData": secret})["personId"]
    service.ok("PATCH", f"{path}/persons/{person}", {"userData": secret + "2"})
    query = {"userData": secret, "subscription-key": service.key}
    service.call("POST", f"{path}/persons/{person}/persistedfaces", image=b"x" * 2000, **query)
    log = (service.data / "host.log").read_text("utf-8")
    assert path.split("/")[0] in log
    assert secret not in log
    assert service.key not in log
