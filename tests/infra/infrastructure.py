"""What is committed about the templates: evaluated deployments and compiled templates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools.templates.artifacts import COMPILED, DEPLOYMENTS
from tools.templates.compiler import INFRA, ROOTS, Json

STANDARD = ("default", "private", "entra", "group", "custom")
"""Deployments of main.bicep; `subscribe` is one of subscribe.bicep."""


@dataclass(frozen=True)
class Deployment:
    """One evaluated deployment.

    Attributes:
        resources: each with ``type``, ``name``, ``id``, ``apiVersion``, ``properties``; what only
            Azure knows is an expression in brackets.
    """

    name: str
    resources: tuple[Json, ...]
    outputs: Json

    def of_type(self, kind: str) -> list[Json]:
        """The resources of a type."""
        return [one for one in self.resources if one["type"] == kind]

    def one(self, kind: str, name: str = "") -> Json:
        """The only resource of a type, or the one whose last segment of the name is ``name``."""
        found = [one for one in self.of_type(kind) if not name or last_segment(one) == name]
        if len(found) != 1:
            raise LookupError(f"{self.name} has {len(found)} resources {kind} {name}")
        return found[0]

    def properties(self, kind: str, name: str = "") -> Json:
        """The properties of that resource."""
        properties: Json = self.one(kind, name)["properties"]
        return properties

    @property
    def settings(self) -> dict[str, str]:
        """The app settings."""
        settings: dict[str, str] = self.properties("Microsoft.Web/sites/config", "appsettings")
        return settings

    @property
    def is_private(self) -> bool:
        """Whether it has a network of its own."""
        return bool(self.of_type("Microsoft.Network/virtualNetworks"))


@dataclass(frozen=True)
class Infrastructure:
    """Everything that rules check.

    Attributes:
        deployments: by name.
        compiled: the ARM templates of the roots, and ``modules`` with the hash of each module.
        roles: GUIDs by name, infra/roles.json.
    """

    deployments: Mapping[str, Deployment]
    compiled: Mapping[str, Json]
    roles: Mapping[str, str]

    @property
    def standard(self) -> Iterator[Deployment]:
        """The deployments of main.bicep."""
        return (self.deployments[name] for name in STANDARD)

    @property
    def parameters(self) -> dict[str, Json]:
        """The parameters of main.bicep."""
        parameters: dict[str, Json] = self.compiled["main"]["parameters"]
        return parameters


def read_infrastructure() -> Infrastructure:
    """The committed one."""
    return _parsed(_texts())


def broken(path: str, old: str, new: str) -> Infrastructure:
    """The committed one with one text replaced, to show that a rule notices.

    Args:
        path: ``deployments/NAME`` or ``compiled/NAME``.

    Raises:
        ValueError: there is no such text, so that nothing would be broken.
    """
    texts = _texts()
    if old not in texts[path]:
        raise ValueError(f"{path} has no {old!r}")
    return _parsed({**texts, path: texts[path].replace(old, new)})


def last_segment(resource: Json) -> str:
    """The last part of a resource's name, or of the name that an expression ends in."""
    return str(resource["name"]).rpartition("/")[2].rstrip("']) ")


def templates_in(template: Json) -> Iterator[Json]:
    """A compiled template and the templates of its modules."""
    yield template
    for resource in members(template["resources"]):
        nested = resource.get("properties", {})
        if isinstance(nested, dict) and "template" in nested:
            yield from templates_in(nested["template"])


def members(resources: Any) -> list[Json]:
    """Resources of a compiled template: a list, or an object where names are symbolic."""
    return list(resources.values() if isinstance(resources, dict) else resources)


@cache
def _texts() -> Mapping[str, str]:
    texts = {f"deployments/{name}": _read(DEPLOYMENTS, f"{name}.snapshot.json") for name in _NAMES}
    texts |= {f"compiled/{name}": _read(COMPILED, f"{name}.json") for name in (*ROOTS, "modules")}
    return texts | {"roles": (INFRA / "roles.json").read_text("utf-8")}


def _parsed(texts: Mapping[str, str]) -> Infrastructure:
    deployments: dict[str, Deployment] = {}
    compiled: dict[str, Json] = {}
    for path, text in texts.items():
        folder, _, name = path.partition("/")
        document = json.loads(text)
        if folder == "deployments":
            resources = tuple(document["predictedResources"])
            deployments[name] = Deployment(name, resources, document["outputs"])
        elif folder == "compiled":
            compiled[name] = document
    return Infrastructure(deployments, compiled, json.loads(texts["roles"]))


def _read(folder: Path, name: str) -> str:
    return (folder / name).read_text("utf-8")


_NAMES = (*STANDARD, "subscribe")
