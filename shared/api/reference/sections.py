"""The chapters of the reference page, in the order in which a new caller needs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter.

    Attributes:
        tag: the first segment of its operations' paths.
        title: its heading.
        text: what its operations are for, one or two sentences.
    """

    tag: str
    title: str
    text: str


SECTIONS = (
    Section(
        "detect",
        "Detect",
        "Begin here: an image in, faces out, each with a faceId that other calls take for the next"
        " 24 hours. No image is stored.",
    ),
    Section(
        "verify",
        "Verify",
        "Compares two faces, or a face and a person: the same or not? Small children are taken for"
        " one another: at confidence 0.5 (UTKFace) 55 of 100 pairs of different children of up to"
        " three years, 4 of 100 of four to twelve, 2.5 of 10,000 of adults. A cohort of the"
        " operator's (FACE_COHORT) accepts far fewer; find similar and group follow it too.",
    ),
    Section(
        "identify",
        "Identify",
        "Names the persons of a trained group that faces belong to. An unknown face has no"
        " candidates. Its confidence has a scale of its own, which depends on who is in the group:"
        " the same two faces may have another one in verify, and another after a training.",
    ),
    Section("findsimilars", "Find similar", "Finds the faces of a list that look like a face."),
    Section("group", "Group", "Divides detected faces into groups of similar ones."),
    Section(
        "persongroups",
        "Person groups",
        "Persons and their faces. Create a group, add persons, add faces to them, train, then"
        " identify.",
    ),
    Section(
        "largepersongroups",
        "Large person groups",
        "The same for up to a million persons.",
    ),
    Section("facelists", "Face lists", "Faces without persons, for find similar."),
    Section("largefacelists", "Large face lists", "The same for up to a million faces; trained."),
    Section("persons", "Person directory", "Persons outside groups, searched without training."),
    Section(
        "dynamicpersongroups",
        "Dynamic person groups",
        "Sets of persons of the directory, which change without training.",
    ),
    Section("operations", "Operations", "The status of operations that were accepted with 202."),
    Section(
        "session",
        "Liveness sessions",
        "Sessions as Microsoft's clients expect them. This service gives no liveness verdict.",
    ),
)

OWN_SECTIONS = (
    Section(
        "recognize",
        "Recognize",
        "Begin here: an image and a collection in, every face with its candidates and their names"
        " out. Nothing is stored.",
    ),
    Section("compare", "Compare", "Two images, or one against several, or against a person."),
    Section(
        "explain", "Explain", "Why a face is found or not, and why a person is a candidate or not."
    ),
    Section("crop", "Crop", "One face of an image, or the image with boxes and names."),
    Section("confidence", "Confidence", "What confidences stand for with this service's models."),
    Section("uploads", "Uploads", "Images that are analysed in the background, and their results."),
    Section("persons", "Persons by name", "The persons of a collection, by the start of a name."),
    Section("duplicates", "Duplicates", "Persons of a collection who may be one and the same."),
    Section(
        "unknowns",
        "Unknowns",
        "Clusters of similar faces on uploads that match no enrolled person.",
    ),
    Section(
        "gate",
        "Gate",
        "The images that a group or list accepts, unless a request has rules of its own.",
    ),
    Section("archive", "Archive", "Exports and imports a collection as JSON lines."),
    Section("deletions", "Deletions", "The progress of a deletion, and what is left to delete."),
    Section(
        "cohort",
        "Cohort",
        "Faces of people whom the models confuse, such as small children, for FACE_COHORT.",
    ),
    Section(
        "poison",
        "Poison messages",
        "Messages that failed on every attempt; they can be read and replayed.",
    ),
)
"""Of Lineament's own API."""

_LIVENESS = ("detectLiveness", "sessionImages", "session")


def section_of(tag: str, sections: Sequence[Section] = SECTIONS) -> Section:
    """The chapter of a tag; an unknown tag has its own chapter, before the last."""
    if sections is SECTIONS and tag.startswith(_LIVENESS):
        return SECTIONS[-1]
    known = next((section for section in sections if section.tag == tag), None)
    return known or Section(tag, tag.capitalize(), "")


def position(section: Section, sections: Sequence[Section] = SECTIONS) -> float:
    """A number that sorts chapters."""
    return sections.index(section) if section in sections else len(sections) - 1.5
