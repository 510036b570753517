"""Crop: a face of an image, or the image with its faces and their names drawn on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import NoFaceDetected
from shared.domain.face.geometry import Rectangle
from shared.domain.face.recognition import RecognitionRequest
from shared.domain.models import LATEST_DETECTION_MODEL
from shared.domain.requests import ImageSource
from shared.services.people.named_recognition import NamedRecognition
from shared.services.recognition.image_analysis import ImageAnalysis
from shared.vision.crops import ImageFormat, LabelledBox, drawn, encoded, padded_crop


class CropMode(StrEnum):
    """What to return.

    Attributes:
        PADDED: the face with its surroundings.
        ALIGNED: the face as it is embedded, 112 by 112 pixels.
        DRAWN: the whole image with a box for each face.
    """

    PADDED = "padded"
    ALIGNED = "aligned"
    DRAWN = "drawn"


@dataclass(frozen=True, slots=True)
class CropRequest:
    """What to crop.

    Attributes:
        target: selects the face; None: the largest.
        padding: margin on each side, as a share of the rectangle's side.
        longest_side: of the result, in pixels; None: not scaled.
        names: the search for the names in a drawing; None: boxes only.
    """

    mode: CropMode
    form: ImageFormat
    target: Rectangle | None = None
    padding: float = 0.3
    longest_side: int | None = None
    names: RecognitionRequest | None = None


class FaceCrops:
    """Crops and annotates images. Stores nothing."""

    def __init__(self, image_analysis: ImageAnalysis, recognition: NamedRecognition) -> None:
        self._image_analysis = image_analysis
        self._recognition = recognition

    def crop(self, image: ImageSource, request: CropRequest) -> bytes:
        """The bytes of an image file.

        Raises:
            InvalidImage: there is no face, or the target selects none.
            BadArgument: the target lies outside the image.
            InvalidImageUrl, InvalidImageSize, Busy: as for detect.
            CollectionNotFound, NotTrained, TrainingNotFinished, FaceListNotReady: a collection
                cannot be searched for names.
        """
        content = self._image_analysis.content(image)
        if request.mode is CropMode.DRAWN:
            return self._drawn(content, request)
        if request.mode is CropMode.ALIGNED:
            pixels = self._image_analysis.aligned(content, request.target)
            return encoded(pixels, request.form, request.longest_side)
        faces = self._image_analysis.faces(
            content,
            embed=False,
            only_largest=request.target is None,
            target=request.target,
            detection_model=LATEST_DETECTION_MODEL,
        )
        if not faces:
            raise NoFaceDetected
        with self._image_analysis.decoded(content) as decoded:
            place = _reduced(faces[0].detection.rectangle, decoded.reduction)
            pixels = padded_crop(decoded, place, request.padding)
            return encoded(pixels, request.form, request.longest_side)

    def _drawn(self, content: bytes, request: CropRequest) -> bytes:
        if request.names is None:
            seen = self._image_analysis.faces(
                content, embed=False, detection_model=LATEST_DETECTION_MODEL
            )
            boxes = [(face.detection.rectangle, "") for face in seen]
        else:
            boxes = [
                (face.rectangle, face.candidates[0].name or "" if face.candidates else "")
                for face in self._recognition.recognize(content, request.names)
            ]
        with self._image_analysis.decoded(content) as decoded:
            labels = [
                LabelledBox(_reduced(place, decoded.reduction), name) for place, name in boxes
            ]
            return encoded(drawn(decoded, labels), request.form, request.longest_side)


def _reduced(rectangle: Rectangle, reduction: int) -> Rectangle:
    """A rectangle of the file in pixels of the image, which may be reduced."""
    return Rectangle(
        rectangle.left // reduction,
        rectangle.top // reduction,
        max(1, rectangle.width // reduction),
        max(1, rectangle.height // reduction),
    )
