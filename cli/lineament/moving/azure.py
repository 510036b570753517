"""Moving in from Azure AI Face: its groups are read by its REST API, its faces need the images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineament.connection.client import Client
from lineament.enrolment.sources import Item, file_item
from lineament.moving.copies import SourceGroup, read_group
from lineament.service.collections import GROUPS, LISTS, Collection, list_collections
from lineament.service.images import images_below
from lineament.text import normal_name


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """What moving a group will do.

    Attributes:
        items: images by personId of the source.
        faces: persisted faces in the source.
        without_images: names of persons for whom no image was found.
    """

    collection: Collection
    group: SourceGroup
    items: list[Item]
    faces: int
    without_images: list[str]


def plan_groups(client: Client, wanted: Sequence[str], images: Path | None) -> list[GroupPlan]:
    """Read the groups of an Azure AI Face resource and find their images.

    Args:
        wanted: ids or ``kind/id`` of groups; empty for all.
        images: a folder with a folder a person, named by personId or name, at its top or below a
            folder that is named by the group's id.
    """
    plans = []
    for kind in GROUPS:
        for facts in list_collections(client, kind):
            collection = Collection(kind, facts["collection"].partition("/")[2])
            if not wanted or str(collection) in wanted or collection.id in wanted:
                plans.append(_plan(client, collection, images))
    return plans


def list_face_lists(client: Client) -> list[str]:
    """The face lists of a resource, which cannot be moved: nothing says whose faces they hold."""
    return [one["collection"] for kind in LISTS for one in list_collections(client, kind)]


def for_target(items: Sequence[Item], ids: Mapping[str, str]) -> list[Item]:
    """The items under the personIds of the target; an unknown person's stays, and is refused."""
    return [Item(ids.get(one.person, one.person), one.image, one.read) for one in items]


def _plan(client: Client, collection: Collection, images: Path | None) -> GroupPlan:
    group = read_group(client, collection)
    folder = None if images is None else images / collection.id
    if folder is None or not folder.is_dir():
        folder = images
    entries = {} if folder is None else _folders(folder)
    items: list[Item] = []
    without = []
    names = Counter(normal_name(person["name"]) for person in group.persons)
    for person in group.persons:
        # A name that several persons have says nothing; their folders are named by personId.
        name = normal_name(person["name"])
        keys = [person["personId"], *([name] if names[name] == 1 else [])]
        found = _images(entries, keys)
        items += [
            file_item(person["personId"], str(file.relative_to(folder)), file)
            for file in found
            if folder
        ]
        if not found:
            without.append(person["name"])
    faces = sum(len(person.get("persistedFaceIds", [])) for person in group.persons)
    return GroupPlan(collection, group, items, faces, without)


def _folders(folder: Path) -> dict[str, Path]:
    """The folders in a folder, by name."""
    return {normal_name(entry.name): entry for entry in folder.iterdir() if entry.is_dir()}


def _images(folders: Mapping[str, Path], names: Sequence[str]) -> list[Path]:
    return [file for name in names if name in folders for file in images_below(folders[name])]
