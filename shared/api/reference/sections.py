"""The chapters of the reference page, in the order in which a new caller needs them."""

from __future__ import annotations

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
    Section("persons", "Person directory", "Persons of no group, searched without a training."),
    Section(
        "dynamicpersongroups",
        "Dynamic person groups",
        "Selections of the person directory, changed without a training.",
    ),
    Section("operations", "Operations", "The status of what was accepted with 202."),
    Section(
        "session",
        "Liveness sessions",
        "Sessions as Microsoft's clients expect them. This service gives no liveness verdict.",
    ),
)

_LIVENESS = ("detectLiveness", "sessionImages", "session")


def section_of(tag: str) -> Section:
    """The chapter of a tag; a tag that has none is a chapter of its own, before the last."""
    if tag.startswith(_LIVENESS):
        return SECTIONS[-1]
    known = next((section for section in SECTIONS if section.tag == tag), None)
    return known or Section(tag, tag.capitalize(), "")


def position(section: Section) -> float:
    """Where a chapter stands."""
    return SECTIONS.index(section) if section in SECTIONS else len(SECTIONS) - 1.5
