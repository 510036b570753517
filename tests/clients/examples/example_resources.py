"""Creates the resources that Microsoft's examples refer to."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tests.end_to_end.service import RunningService
from tests.images import portrait

MODEL = "recognition_03"
_LISTS = {"faceListId": "facelists", "largeFaceListId": "largefacelists"}
_GROUPS = {"personGroupId": "persongroups", "largePersonGroupId": "largepersongroups"}


class ExampleResources:
    """Creates what an example refers to, anew on each call.

    Args:
        image_url: URL of a portrait.
    """

    def __init__(self, service: RunningService, image_url: str) -> None:
        self._service = service
        self.image_url = image_url
        self.image = portrait("person_a_1").read_bytes()
        self._made = 0

    def ids(self, template: str) -> dict[str, str]:
        """Existing ids for the placeholders of a path, all of one collection where it has one."""
        self._made += 1
        found: dict[str, str] = {}
        for name, segment in {**_GROUPS, **_LISTS}.items():
            if f"{{{name}}}" in template:
                found |= self.collection(segment, name)
        if template.startswith("/dynamicpersongroups/"):
            found["dynamicPersonGroupId"] = self.dynamic_group()
        if template.startswith("/persons/"):
            found |= self.directory_person()
        if "essions/{sessionId}" in template:
            found["sessionId"] = self.session(template)
        if "{operationId}" in template:
            found["operationId"] = self.operation()
        return found

    def collection(self, segment: str, id_name: str) -> dict[str, str]:
        """Create a trained collection with one face (of one person)."""
        name = f"example-{self._made}"
        path = f"{segment}/{name}"
        made = {"name": name, "userData": "data", "recognitionModel": MODEL}
        self._service.ok("PUT", path, made)
        found = {id_name: name}
        owner = path
        if segment in _GROUPS.values():
            person = {"name": "P", "userData": "data"}
            found["personId"] = self._service.ok("POST", f"{path}/persons", person)["personId"]
            owner = f"{path}/persons/{found['personId']}"
        face = f"{owner}/persistedfaces"
        added = self._service.ok("POST", face, image=self.image, userData="data")
        found["persistedFaceId"] = added["persistedFaceId"]
        if segment != "facelists":
            self._service.train(path)
        return found

    def free_id(self) -> str:
        """An unused collection id."""
        self._made += 1
        return f"new-{self._made}"

    def face_id(self, model: str = MODEL) -> str:
        """The faceId of a newly detected face."""
        return self._service.faces(self.image, recognitionModel=model)[0]

    def directory_person(self) -> dict[str, str]:
        """Create a directory person with one face, in one dynamic group."""
        made = {"name": "P", "userData": "data"}
        person = self._service.ok("POST", "persons", made)["personId"]
        faces = f"persons/{person}/recognitionModels/{MODEL}/persistedfaces"
        face = self._service.ok("POST", faces, image=self.image, userData="data")
        self.dynamic_group(person)
        return {
            "personId": person,
            "persistedFaceId": face["persistedFaceId"],
            "recognitionModel": MODEL,
        }

    def dynamic_group(self, person: str | None = None) -> str:
        """Create a dynamic group with one person."""
        self._made += 1
        name = f"dynamic-{self._made}"
        person = person or self._service.ok("POST", "persons", {"name": "P"})["personId"]
        body = {"name": name, "userData": "data", "addPersonIds": [person]}
        self._service.ok("PUT", f"dynamicpersongroups/{name}", body)
        return name

    def session(self, template: str) -> str:
        """Create a liveness session of the kind that a path names."""
        path = template.lstrip("/").partition("/{sessionId}")[0]
        fields = {"livenessOperationMode": "Passive", "deviceCorrelationId": "device"}
        version = "v1.2-preview.1" if "singleModal" in path else "v1.2"
        if path == "detectLivenessWithVerify-sessions":
            files = {"verifyImage": ("face.jpg", self.image)}
            answer = self._service.client.post(f"/face/v1.2/{path}", data=fields, files=files)
            answer.raise_for_status()
            return str(answer.json()["sessionId"])
        return str(self._service.ok("POST", path, fields, version=version)["sessionId"])

    def operation(self) -> str:
        """Start a long-running operation of the directory and return its id."""
        answer = self._service.call("POST", "persons", {"name": "P"})
        return answer.headers["operation-location"].rpartition("/")[2]

    def body(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """An example's body with its ids and URLs replaced by existing ones."""
        body = copy.deepcopy(dict(given))
        self._made += 1
        if "url" in body:
            body["url"] = self.image_url
        for name in ("faceId", "faceId1", "faceId2"):
            if name in body:
                body[name] = self.face_id()
        if "faceIds" in body:
            body["faceIds"] = [self.face_id() for _ in body["faceIds"]]
        for name, segment in {**_GROUPS, **_LISTS}.items():
            if name in body:
                created = self.collection(segment, name)
                body |= {key: created[key] for key in (name, "personId") if key in body}
        if "dynamicPersonGroupId" in body:
            body["dynamicPersonGroupId"] = self.dynamic_group()
        if "recognitionModel" in body:
            body["recognitionModel"] = MODEL
        self._people(body)
        return body

    def _people(self, body: dict[str, Any]) -> None:
        """Replace directory person ids in a body."""
        for name in ("personIds", "addPersonIds", "removePersonIds"):
            if name in body and body[name] != ["*"]:
                body[name] = [self.directory_person()["personId"] for _ in body[name]]
        if "personId" in body and not _GROUPS.keys() & body.keys():
            body["personId"] = self.directory_person()["personId"]
