"""Compares a service with the ledger of what it acknowledged."""

from __future__ import annotations

import json

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.end_to_end.service import RunningService
from tests.images import portrait
from tests.soak._killing.clients import GROUP, PATH, PORTRAITS
from tests.soak._killing.ledger import Ledger, LedgerPerson


def audit(service: RunningService, ledger: Ledger) -> None:
    """Note every difference as a fault. The group has just been trained."""
    persons = _stored_persons(service)
    _audit_persons(persons, ledger)
    _audit_searches(service, persons, ledger)
    with BlobServiceClient.from_connection_string(service.storage) as blobs:
        _audit_uploads(service, blobs, ledger)


def _stored_persons(service: RunningService) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    after = ""
    while page := service.ok("GET", f"{PATH}/persons", start=after, top="1000"):
        found.update({person["personId"]: person for person in page})
        after = page[-1]["personId"]
    return found


def _audit_persons(persons: dict[str, dict[str, list[str]]], ledger: Ledger) -> None:
    names = [person["name"] for person in persons.values()]
    if len(names) != len({str(name) for name in names}):
        ledger.fault("a person is there twice")
    for key, person in ledger.persons.items():
        stored = persons.get(key)
        if person.deletion == "done":
            if stored is not None:
                ledger.fault("a deleted person is back")
        elif stored is None:
            if person.deletion is None:
                ledger.fault("an acknowledged person is lost")
        else:
            _audit_faces(person, stored["persistedFaceIds"], ledger)
    known = {person.name for person in ledger.persons.values()} | ledger.unanswered_names
    for name in names:
        if str(name) not in known:
            ledger.fault("a person is there that was never created")


def _audit_faces(person: LedgerPerson, stored: list[str], ledger: Ledger) -> None:
    if lost := person.faces - set(stored):
        ledger.fault(f"{len(lost)} acknowledged faces of a person are lost")
    extra = len(stored) - len(person.faces)
    if extra > person.unanswered or len(set(stored)) != len(stored):
        ledger.fault("a face is there twice")


def _audit_searches(
    service: RunningService, persons: dict[str, dict[str, list[str]]], ledger: Ledger
) -> None:
    """Search with every portrait: the living are found, up to 100, and only they."""
    for name in PORTRAITS:
        faces = service.faces(portrait(name).read_bytes())
        (result,) = service.ok(
            "POST",
            "identify",
            {"faceIds": faces, "largePersonGroupId": GROUP, "maxNumOfCandidatesReturned": 100},
        )
        found = {candidate["personId"] for candidate in result["candidates"]}
        if found - persons.keys():
            ledger.fault("a search finds persons that do not exist")
        expected = {
            key
            for key, person in ledger.persons.items()
            if key in persons and person.portrait == name and person.faces
        }
        if len(expected) <= 100 and expected - found:
            ledger.fault(f"{len(expected - found)} living persons are not found")


def _audit_uploads(service: RunningService, blobs: BlobServiceClient, ledger: Ledger) -> None:
    uploads, results = blobs.get_container_client("uploads"), blobs.get_container_client("results")
    checked = False
    for name, (etag, moment) in ledger.uploads.items():
        if not uploads.get_blob_client(name).exists():
            seconds = ledger.seconds_to_kill(moment)
            ledger.fault(f"an upload is lost that began {seconds:.1f} s before a kill")
            continue
        result = _result(results, name)
        if result is None or result["etag"] != etag or result["status"] != "succeeded":
            ledger.fault("an upload has not ended in its result")
        elif not checked:
            checked = True
            _audit_upload_face(service, result, ledger)


def _result(results: ContainerClient, name: str) -> dict[str, object] | None:
    try:
        result: dict[str, object] = json.loads(results.download_blob(f"{name}.json").readall())
        return result
    except ResourceNotFoundError:
        return None


def _audit_upload_face(service: RunningService, result: dict[str, object], ledger: Ledger) -> None:
    faces = result["faces"]
    face = faces[0]["faceId"] if isinstance(faces, list) else ""
    if service.call("POST", "findsimilars", {"faceId": face, "faceIds": [face]}).is_error:
        ledger.fault("a face of an upload's result does not exist")
