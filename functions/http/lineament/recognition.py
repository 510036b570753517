"""Recognise, compare, explain and crop: what takes several calls of Azure's API."""

from __future__ import annotations

from functions.http.binding import Routes
from shared.api import parameters as p
from shared.api.bodies.lineament.comparison import CompareAnswer, CompareBody
from shared.api.bodies.lineament.explanation import ExplainAnswer, ExplainBody
from shared.api.bodies.lineament.recognition import RecognizeAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.api.resources.lineament.comparison import comparison_answer, comparison_request
from shared.api.resources.lineament.crops import JPEG, PNG, crop_request, cropped_content
from shared.api.resources.lineament.explanation import explain_answer, explain_sources
from shared.api.resources.lineament.recognition import (
    recognition_request,
    recognize_answer,
)
from shared.api.resources.scopes import checked_threshold
from shared.api.versions import LINEAMENT
from shared.composition.container import root

routes = Routes(LINEAMENT)


@routes.operation(
    "POST",
    "recognize",
    summary="Detect the faces on an image and name their candidates.",
    query=(
        own.COLLECTIONS,
        own.FACES,
        own.CONFIDENCE_THRESHOLD,
        own.MAXIMUM_CANDIDATES,
        own.REMEMBER,
        own.DIRECTORY_MODEL,
        p.FACE_ID_TIME_TO_LIVE,
        p.RETURN_FACE_LANDMARKS,
        p.RETURN_FACE_ATTRIBUTES,
        p.DETECTION_MODEL,
    ),
    takes_image=True,
    answers=RecognizeAnswer,
)
def recognize(call: Call) -> Answer:
    """Detect faces and search collections for them."""
    request, image = recognition_request(call), call.image()
    return Answer(recognize_answer(call, root().recognition.named.recognize(image, request)))


@routes.operation(
    "POST",
    "compare",
    summary="Compare the faces of an image with other images, detected faces or a person.",
    body=CompareBody,
    answers=CompareAnswer,
    holds_images=True,
)
def compare(call: Call) -> Answer:
    """Compare faces without storing any."""
    body = call.body(CompareBody)
    checked_threshold(body.confidence_threshold)
    found = root().recognition.images.compare(comparison_request(call, body))
    return Answer(comparison_answer(found, body.confidence_threshold))


@routes.operation(
    "POST",
    "explain",
    summary="Explain which faces of an image are found or left out, and how candidates are judged.",
    query=(own.COLLECTIONS, own.CONFIDENCE_THRESHOLD, own.EXPLAINED_CANDIDATES),
    takes_image=True,
    body=ExplainBody,
    holds_images=True,
    answers=ExplainAnswer,
)
def explain(call: Call) -> Answer:
    """Explain detection and identification."""
    image, other = explain_sources(call)
    scopes = call.arguments[own.COLLECTIONS]
    found = root().recognition.explanation.explain(
        image,
        scopes,
        count=call.arguments[own.EXPLAINED_CANDIDATES],
        threshold=call.arguments[own.CONFIDENCE_THRESHOLD],
        other=other,
    )
    return Answer(explain_answer(call, found))


@routes.operation(
    "POST",
    "crop",
    summary="Crop a face out of an image, or draw boxes and names on it.",
    query=(
        own.CROP_MODE,
        own.CROP_FORMAT,
        own.PADDING,
        own.CROP_SIZE,
        own.COLLECTIONS,
        own.CONFIDENCE_THRESHOLD,
        own.DIRECTORY_MODEL,
        p.TARGET_FACE,
    ),
    takes_image=True,
    produces=(PNG, JPEG),
)
def crop(call: Call) -> Answer:
    """Return the cropped or annotated image."""
    image = root().recognition.crops.crop(call.image(), crop_request(call))
    return Answer(cropped_content(call, image))
