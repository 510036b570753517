"""Where templates and code must say the same. Each rule answers what one says and the other not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set

from shared.services.maintenance import POISON_REPORT
from shared.settings.declaration import Where
from shared.settings.service import SETTINGS
from shared.storage.documents.cosmos.store import indexing_policy, vector_policy
from shared.storage.layout import (
    BLOB_CONTAINERS,
    DOCUMENT_CONTAINERS,
    INGESTIONS,
    POISON_QUEUES,
    QUEUES,
    RESULTS,
    UPLOADS,
    vector_container,
)
from shared.vision.runtime.manifest import Task, load_manifest
from tests.indexed import indexed_functions
from tests.unit.infra.bicep import Json, Template, Templates

STORAGE = "app/storage.bicep"
COSMOS = "app/cosmos.bicep"
FUNCTION = "app/function.bicep"
ALERTS = "app/alerts.bicep"
SUBSCRIPTION = "subscribe.bicep"

DEPLOYMENT = "deployment"
DEAD_LETTERS = "deadletter"

NOT_IN_CODE: Mapping[str, str] = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host sends telemetry with the identity",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host sends telemetry there",
    "AzureWebJobsStorage__credential": "the host's own words for a managed identity",
    "AzureWebJobsStorage__tableServiceUri": "the host's diagnostic events",
    "PYTHON_THREADPOOL_THREAD_COUNT": "the worker's threads",
}
"""Settings that only the host or the worker reads."""


def differing_blob_containers(templates: Templates) -> Iterator[str]:
    """Containers, and which of them expire."""
    storage = templates[STORAGE]
    found = set(storage.part("variables")["containers"]["value"])
    yield from _difference("container", found, {*BLOB_CONTAINERS, DEPLOYMENT, DEAD_LETTERS})
    rules = storage.body("lifecycle")["properties"]["policy"]["rules"]
    expiring = {rule["name"]: rule["definition"]["filters"]["prefixMatch"] for rule in rules}
    wanted = {
        "expire-uploads-and-results": [f"{UPLOADS}/", f"{RESULTS}/"],
        "expire-dead-letters": [f"{DEAD_LETTERS}/"],
    }
    if expiring != wanted:
        yield f"what expires is {expiring}"


def differing_queues(templates: Templates) -> Iterator[str]:
    """Queues, poison queues among them."""
    found = set(templates[STORAGE].part("variables")["queues"]["value"])
    yield from _difference("queue", found, {*QUEUES, *POISON_QUEUES})


def differing_document_containers(templates: Templates) -> Iterator[str]:
    """Containers of documents: names, times to live, keys and what is indexed."""
    cosmos = templates[COSMOS]
    found = {one["name"]: one for one in cosmos.part("variables")["containers"]["value"]}
    wanted = {spec.name: spec for spec in DOCUMENT_CONTAINERS}
    yield from _difference("document container", set(found), set(wanted))
    resource = cosmos.body("documentContainers")["properties"]["resource"]
    if resource["partitionKey"] != {"kind": "Hash", "version": 2, "paths": ["/pk"]}:
        yield "the partition key is not /pk"
    for name in set(found) & set(wanted):
        ttl = _number(found[name]["defaultTtl"])
        if ttl == "ingestionTimeToLive":
            ttl = templates["main.bicep"].part("parameters")[ttl]["default"]
        if ttl != (wanted[name].default_ttl or -1):
            yield f"{name} lives for {ttl} s"
        policy = _indexing_policy(cosmos, found[name]["unindexed"])
        if policy != indexing_policy(wanted[name]):
            yield f"{name} is indexed by {policy}"
    if found.get(INGESTIONS.name, {}).get("defaultTtl") != "ingestionTimeToLive":
        yield "how long ingestions are remembered is no parameter"


def differing_vector_models(templates: Templates) -> Iterator[str]:
    """One vector container for each recognition model, with the code's policies."""
    cosmos = templates[COSMOS]
    conditional = cosmos.part("variables")["vectorModels"]["value"]["operator"]
    models = conditional["operands"]["true_value"]
    found = {(model["name"], model["dimension"]) for model in models}
    entries = [one for one in load_manifest().models if one.task is Task.RECOGNITION]
    specs = [vector_container(one.name, one.dimension or 0) for one in entries]
    wanted = {(spec.name, spec.vector_dimension) for spec in specs}
    yield from _difference("vector container", found, wanted)
    body = cosmos.body("vectorContainers")
    resource = body["properties"]["resource"]
    if not body["name"] == resource["id"] == _member("model", "name"):
        yield "vector containers have other names than their models' entries"
    if resource["partitionKey"] != {"kind": "Hash", "version": 2, "paths": ["/pk"]}:
        yield "the partition key of vectors is not /pk"
    if _number(resource["defaultTtl"]) != -1:
        yield "vectors expire"
    for spec in specs:
        if resource["indexingPolicy"] != indexing_policy(spec):
            yield f"{spec.name} is indexed by {resource['indexingPolicy']}"
        (vector,) = resource["vectorEmbeddingPolicy"]["vectorEmbeddings"]
        known = {**vector, "dimensions": spec.vector_dimension}
        if vector["dimensions"] != _member("model", "dimension") or {
            "vectorEmbeddings": [known]
        } != (vector_policy(spec)):
            yield f"{spec.name} has the vector policy {vector}"


def differing_settings(templates: Templates) -> Iterator[str]:
    """Settings: each of the code is given or left out for a reason, and none is made up."""
    given = set(templates[FUNCTION].body("settings")["properties"])
    known = {one.name for one in SETTINGS if one.where is not Where.ONE_MACHINE}
    left_out = {one.name for one in SETTINGS if one.left_out}
    yield from _difference("setting", given - set(NOT_IN_CODE), known - left_out)
    yield from (f"{name} is both given and left out" for name in given & left_out)
    yield from (f"{name} is not given" for name in set(NOT_IN_CODE) - given)


def differing_defaults(templates: Templates) -> Iterator[str]:
    """Defaults that stand in the code and in a template."""
    main = templates["main.bicep"].part("parameters")
    code = {setting.name: setting.default for setting in SETTINGS}
    if str(main["uploadRetentionDays"]["default"]) != code["FACE_UPLOAD_RETENTION_DAYS"]:
        yield "uploads are kept for another time"
    secrets = {
        templates["keys.bicep"].body("secret")["name"],
        templates[FUNCTION].body("settings")["properties"]["FACE_KEYS_VAULT_SECRET"],
    }
    if secrets != {code["FACE_KEYS_VAULT_SECRET"]}:
        yield f"the keys are in secrets {secrets}"
    if templates[COSMOS].body("database")["name"] != code["COSMOS_DATABASE"]:
        yield "the database has another name"


def differing_subscription(templates: Templates) -> Iterator[str]:
    """The events that are subscribed to, and the function that gets them."""
    subscription = templates[SUBSCRIPTION]
    (trigger,) = _triggers("blobTrigger")
    name, binding = trigger
    container = str(binding["path"]).partition("/")[0]
    properties = subscription.body("uploads")["properties"]
    if subscription.part("variables")["triggerFunction"]["value"] != name:
        yield "the subscription calls another function"
    webhook = "/runtime/webhooks/blobs?functionName=Host.Functions.${triggerFunction}&code=${key}"
    if not properties["destination"]["properties"]["endpointUrl"].endswith(webhook):
        yield "the subscription calls another webhook"
    prefix = f"/blobServices/default/containers/{container}/"
    if properties["filter"] != {
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
        "subjectBeginsWith": prefix,
    }:
        yield "the subscription has another filter"
    dead = properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
    if dead["blobContainerName"] != DEAD_LETTERS:
        yield "dead letters go elsewhere"


def differing_alerts(templates: Templates) -> Iterator[str]:
    """Functions and log lines that alerts look for."""
    rules = templates[ALERTS].part("variables")["rules"]["value"]
    queries = {rule["name"]: rule["query"] for rule in rules}
    if f'Message startswith "{POISON_REPORT}"' not in queries["poison-messages"]:
        yield "the alert looks for another line about poison messages"
    quoted = {name: set(re.findall(r'"([a-z_]+)"', query)) for name, query in queries.items()}
    every = {str(function.get_function_name()) for function in indexed_functions()}
    if not quoted["failed-trainings"] <= every:
        yield "the alert looks for another training function"
    http = {name for name, _ in _triggers("httpTrigger")} - {"health"}
    yield from _difference("function without a caller", quoted["slow-requests"], every - http)


def _member(name: str, member: str) -> Json:
    """How pycep tells ``name.member``."""
    operands = {"operand_1": name, "operand_2": member}
    return {"operator": {"type": "property_accessor", "operands": operands}}


def _number(value: object) -> object:
    """A number below zero is an operation to pycep."""
    if isinstance(value, dict) and value.get("operator", {}).get("type") == "minus":
        return -int(value["operator"]["operands"]["integer_value"])
    return value


def _indexing_policy(cosmos: Template, unindexed: list[str]) -> Json:
    """The policy as it comes out for a container."""
    policy = cosmos.body("documentContainers")["properties"]["resource"]["indexingPolicy"]
    mapped, always = policy["excludedPaths"]["function"]["parameters"].values()
    if "${member}" not in str(mapped) or "container" not in str(mapped):
        return {}
    members = [{"path": f"/{member}/?"} for member in unindexed]
    return {**policy, "excludedPaths": [*members, *always]}


def _triggers(kind: str) -> Iterator[tuple[str, Json]]:
    for function in indexed_functions():
        trigger = function.get_trigger()
        if trigger is not None and trigger.type == kind:
            yield str(function.get_function_name()), trigger.get_dict_repr()


def _difference(noun: str, templates: Set[object], code: Set[object]) -> Iterator[str]:
    yield from (f"the templates have the {noun} {name}, the code not" for name in templates - code)
    yield from (f"the code has the {noun} {name}, the templates not" for name in code - templates)
