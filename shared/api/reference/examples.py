"""Example values for the schemas of the OpenAPI description."""

from __future__ import annotations

from typing import Any

from shared.api.reference.schemas import SCHEMAS, Json

_FACE_ID = "c5c24a82-6845-4031-9d5d-978df9175426"
_OTHER_FACE_ID = "3aa87e30-b380-48eb-ad9e-1aa54fc52bd3"
_PERSON_ID = "25985303-c537-4467-b41d-bdb45cd95ca1"
_PERSISTED_FACE_ID = "015839fb-fbd9-4f79-ace9-7675fc2f1dd9"
_TIME = "2026-11-26T09:12:13.000Z"

_BY_NAME: dict[str, Any] = {
    "candidates": [{"personId": _PERSON_ID, "confidence": 0.82636}],
    "code": "BadArgument",
    "confidence": 0.82636,
    "confidenceThreshold": 0.5,
    "createdDateTime": _TIME,
    "expirationTime": _TIME,
    "faceId": _FACE_ID,
    "faceId1": _FACE_ID,
    "faceId2": _OTHER_FACE_ID,
    "faceIds": [_FACE_ID, _OTHER_FACE_ID],
    "faceListId": "visitors",
    "height": 103,
    "isIdentical": True,
    "lastActionDateTime": _TIME,
    "lastSuccessfulTrainingDateTime": _TIME,
    "largeFaceListId": "visitors",
    "largePersonGroupId": "staff",
    "dynamicPersonGroupId": "night-shift",
    "left": 67,
    "maxNumOfCandidatesReturned": 1,
    "message": "Request body is invalid.",
    "name": "Ada",
    "percent": 100,
    "persistedFaceId": _PERSISTED_FACE_ID,
    "persistedFaceIds": [_PERSISTED_FACE_ID],
    "personGroupId": "friends",
    "personId": _PERSON_ID,
    "personIds": [_PERSON_ID],
    "pitch": 1.8,
    "recognitionModel": "recognition_04",
    "roll": -7.5,
    "top": 48,
    "url": "https://example.com/portrait.jpg",
    "userData": "employee 17",
    "value": 0.1,
    "width": 72,
    "x": 84.2,
    "y": 79.6,
    "yaw": 1.8,
}
"""Values by member name, where they fit the member's schema."""


class Examples:
    """Makes examples of the schemas of one description.

    Args:
        components: the description's schemas by name.
    """

    def __init__(self, components: Json) -> None:
        self._components = components

    def of(self, schema: Json, name: str = "") -> Any:
        """An example of a schema.

        Args:
            name: of the member that has the schema; well-known names have typical values.
        """
        reference = schema.get("$ref")
        if reference is not None:
            return self.of(self._components[reference.removeprefix(SCHEMAS)], name)
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self.of(schema[word][0], name)
        if "allOf" in schema:
            return {key: value for one in schema["allOf"] for key, value in self.of(one).items()}
        if "enum" in schema:
            known = _BY_NAME.get(name)
            return known if known in schema["enum"] else schema["enum"][0]
        if schema.get("type") == "object" or "properties" in schema:
            return self._object(schema)
        return self._plain(schema, name)

    def _object(self, schema: Json) -> Json:
        return {name: self.of(each, name) for name, each in schema.get("properties", {}).items()}

    def _plain(self, schema: Json, name: str) -> Any:
        kind = schema.get("type")
        known = _BY_NAME.get(name)
        if kind == "array":
            items = known if isinstance(known, list) else [self.of(schema.get("items", {}))]
            return items * -(-schema.get("minItems", 1) // len(items))
        if kind == "boolean":
            return known if isinstance(known, bool) else True
        if kind in ("integer", "number"):
            fits = isinstance(known, int | float) and not isinstance(known, bool)
            return known if fits else schema.get("default", schema.get("minimum", 1))
        if isinstance(known, str):
            return known
        if schema.get("format") == "uuid":
            return _FACE_ID
        if schema.get("format") == "date-time":
            return _TIME
        return schema.get("default", "text")
