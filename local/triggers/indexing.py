"""Indexes the functions of an app from the public metadata of `azure.functions`."""

from __future__ import annotations

import inspect
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import azure.functions as func

from shared.domain.errors import ConfigurationError

CONNECTION = "AzureWebJobsStorage"
"""The app setting that names the one storage account of the local host."""


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """An HTTP route; `methods` is empty where every method is served."""

    route: str
    methods: frozenset[str]
    level: str


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """A queue of the host's storage account."""

    queue: str


@dataclass(frozen=True, slots=True)
class BlobTrigger:
    """A path pattern `container/{name}` whose events come from Event Grid."""

    path: str

    @property
    def container(self) -> str:
        """The container part of the path."""
        return self.path.partition("/")[0]

    def matches(self, blob: str) -> bool:
        """Whether a blob of the container has a name that the path describes."""
        pattern = self.path.partition("/")[2] or "{name}"
        parts = re.split(r"\{[^{}]+\}", pattern)
        return re.fullmatch("(.+)".join(map(re.escape, parts)), blob, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class TimerTrigger:
    """An NCRONTAB schedule of five or six fields."""

    schedule: str
    run_on_startup: bool
    use_monitor: bool


Trigger = TypeVar("Trigger", bound=HttpTrigger | QueueTrigger | BlobTrigger | TimerTrigger)
SomeTrigger = HttpTrigger | QueueTrigger | BlobTrigger | TimerTrigger


@dataclass(frozen=True, slots=True)
class IndexedFunction(Generic[Trigger]):
    """One function: its trigger, and the user's code with the name of its one parameter."""

    name: str
    trigger: Trigger
    parameter: str
    code: Callable[..., object]

    @property
    def is_coroutine(self) -> bool:
        """Whether the code is `async def`."""
        return inspect.iscoroutinefunction(self.code)


@dataclass(frozen=True, slots=True)
class FunctionIndex:
    """The functions of an app, by trigger."""

    http: tuple[IndexedFunction[HttpTrigger], ...]
    queues: tuple[IndexedFunction[QueueTrigger], ...]
    blobs: tuple[IndexedFunction[BlobTrigger], ...]
    timers: tuple[IndexedFunction[TimerTrigger], ...]

    @property
    def names(self) -> list[str]:
        """The names of all functions, sorted."""
        return sorted(
            [
                *(function.name for function in self.http),
                *(function.name for function in self.queues),
                *(function.name for function in self.blobs),
                *(function.name for function in self.timers),
            ]
        )


def index(app: func.FunctionApp) -> FunctionIndex:
    """Index an app as Microsoft's worker does; reject what the local host cannot run.

    Raises:
        ConfigurationError: a function has a trigger, binding or parameter that has no local
            counterpart; the message names the function.
    """
    http: list[IndexedFunction[HttpTrigger]] = []
    queues: list[IndexedFunction[QueueTrigger]] = []
    blobs: list[IndexedFunction[BlobTrigger]] = []
    timers: list[IndexedFunction[TimerTrigger]] = []
    for function in app.get_functions():
        name = str(function.get_function_name())
        trigger_binding = function.get_trigger()
        if trigger_binding is None:
            raise ConfigurationError(f"Function {name} has no trigger.")
        parameter, code = trigger_binding.name, function.get_user_function()
        match _trigger(name, json.loads(function.get_function_json())["bindings"]):
            case HttpTrigger() as trigger:
                http.append(IndexedFunction(name, trigger, parameter, code))
            case QueueTrigger() as trigger:
                queues.append(IndexedFunction(name, trigger, parameter, code))
            case BlobTrigger() as trigger:
                blobs.append(IndexedFunction(name, trigger, parameter, code))
            case TimerTrigger() as trigger:
                timers.append(IndexedFunction(name, trigger, parameter, code))
        if list(inspect.signature(code).parameters) != [parameter]:
            raise ConfigurationError(
                f"Function {name} must take exactly its trigger's parameter, {parameter}."
            )
    return FunctionIndex(tuple(http), tuple(queues), tuple(blobs), tuple(timers))


def _trigger(name: str, bindings: Iterable[Mapping[str, object]]) -> SomeTrigger:
    triggers = [b for b in bindings if str(b["type"]).endswith("Trigger")]
    others = {str(b["type"]) for b in bindings if b not in triggers} - {"http"}
    if len(triggers) != 1 or others:
        raise ConfigurationError(
            f"Function {name} has bindings that the local host does not have: {sorted(others)}."
        )
    binding = {key: _resolved(value) for key, value in triggers[0].items()}
    if binding.get("connection", CONNECTION) != CONNECTION:
        raise ConfigurationError(f"Function {name}: the local host supports {CONNECTION} only.")
    match binding["type"]:
        case "httpTrigger":
            methods = binding.get("methods") or []
            if not isinstance(methods, list):
                raise ConfigurationError(f"Function {name} has no list of methods.")
            return HttpTrigger(
                route=str(binding["route"]).strip("/"),
                methods=frozenset(str(method).upper() for method in methods),
                level=str(binding.get("authLevel") or "function").lower(),
            )
        case "queueTrigger":
            return QueueTrigger(str(binding["queueName"]))
        case "blobTrigger" if binding.get("source") == "EventGrid":
            return BlobTrigger(str(binding["path"]))
        case "timerTrigger":
            return TimerTrigger(
                schedule=str(binding["schedule"]),
                run_on_startup=binding.get("runOnStartup") is True,
                use_monitor=binding.get("useMonitor") is not False,
            )
        case other:
            raise ConfigurationError(f"Function {name}: the local host has no {other}.")


def _resolved(value: object) -> object:
    """Replace `%NAME%` by the app setting NAME, as the Functions host does."""
    if not isinstance(value, str):
        return value
    return re.sub(r"%([^%]+)%", lambda found: os.environ.get(found[1], found[0]), value)
