"""Where deployments and code must say the same. Each rule yields what one has and the other not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from local.http.body import LIMIT_BYTES
from shared.api.access.keys import STALE_KEYS_REPORT
from shared.domain.limits import MAXIMUM_BODY_BYTES
from shared.services.maintenance import POISON_REPORT
from shared.settings.declaration import Where
from shared.settings.service import SETTINGS
from shared.storage.documents.cosmos.store import container_ttl, indexing_policy, vector_policy
from shared.storage.layout import (
    BLOB_CONTAINERS,
    DOCUMENT_CONTAINERS,
    INGESTIONS,
    POISON_QUEUES,
    QUEUES,
    RESULTS,
    UPLOADS,
    ContainerSpec,
    vector_container,
)
from shared.vision.runtime.manifest import Task, load_manifest
from tests.indexed import indexed_functions
from tests.infra.infrastructure import Deployment, Infrastructure, last_segment
from tools.templates.compiler import Json

STORAGE = "Microsoft.Storage/storageAccounts"
COSMOS = "Microsoft.DocumentDB/databaseAccounts"

DEPLOYMENT = "deployment"
DEAD_LETTERS = "deadletter"

NOT_IN_CODE: Mapping[str, str] = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "the host sends telemetry with the identity",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host sends telemetry there",
    "AzureWebJobsDisableHomepage": "the host serves no home page",
    "AzureWebJobsStorage__credential": "the host's own name for a managed identity",
    "AzureWebJobsStorage__tableServiceUri": "the host's diagnostic events",
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "the host's limit of a request",
    "MALLOC_ARENA_MAX": "glibc's number of arenas",
    "PYTHON_THREADPOOL_THREAD_COUNT": "the worker's threads",
}
"""App settings that only the host, the worker or a library reads."""


def differing_blob_containers(infrastructure: Infrastructure) -> Iterator[str]:
    """Containers, and which of them expire after which time."""
    for deployment in infrastructure.standard:
        names = _names(deployment, f"{STORAGE}/blobServices/containers")
        yield from _difference("container", names, {*BLOB_CONTAINERS, DEPLOYMENT, DEAD_LETTERS})
        group = deployment.name == "group"
        policy = deployment.properties(f"{STORAGE}/managementPolicies")["policy"]
        expiring = {
            prefix: rule["definition"]["actions"]["baseBlob"]["delete"]
            for rule in policy["rules"]
            for prefix in rule["definition"]["filters"]["prefixMatch"]
        }
        days = {
            f"{UPLOADS}/": 14 if group else 7,
            f"{RESULTS}/": 14 if group else 7,
            f"{DEAD_LETTERS}/": 60 if group else 30,
        }
        wanted = {name: {"daysAfterModificationGreaterThan": n} for name, n in days.items()}
        if expiring != wanted:
            yield f"{deployment.name}: what expires is {expiring}"


def differing_queues(infrastructure: Infrastructure) -> Iterator[str]:
    """Queues, poison queues among them."""
    for deployment in infrastructure.standard:
        names = _names(deployment, f"{STORAGE}/queueServices/queues")
        yield from _difference("queue", names, {*QUEUES, *POISON_QUEUES})


def differing_document_containers(infrastructure: Infrastructure) -> Iterator[str]:
    """Containers of documents: names, keys, times to live and what is indexed."""
    specs = {spec.name: spec for spec in DOCUMENT_CONTAINERS}
    for deployment in infrastructure.standard:
        found = _document_containers(deployment)
        documents = {name: one for name, one in found.items() if not name.startswith("vectors")}
        yield from _difference("document container", set(documents), set(specs))
        for name in set(documents) & set(specs):
            ttl = documents[name]["defaultTtl"]
            remembered = deployment.name == "group" and name == INGESTIONS.name
            if ttl != (5_184_000 if remembered else container_ttl(specs[name])):
                yield f"{deployment.name}: {name} lives for {ttl} s"
            yield from _other_policies(documents[name], specs[name])


def differing_vector_models(infrastructure: Infrastructure) -> Iterator[str]:
    """One vector container for each recognition model, where there is an index."""
    entries = [one for one in load_manifest().models if one.task is Task.RECOGNITION]
    specs = {
        spec.name: spec
        for spec in (vector_container(one.name, one.dimension or 0) for one in entries)
    }
    for deployment in infrastructure.standard:
        found = _document_containers(deployment)
        vectors = {name: one for name, one in found.items() if name.startswith("vectors")}
        on = deployment.settings["FACE_VECTOR_INDEX"] != "never"
        if on != (deployment.name == "private"):
            yield f"{deployment.name} has the wrong FACE_VECTOR_INDEX"
        yield from _difference("vector container", set(vectors), set(specs) if on else set())
        for name in set(vectors) & set(specs):
            if vectors[name]["defaultTtl"] != -1:
                yield f"{name} expires"
            if vectors[name].get("vectorEmbeddingPolicy") != vector_policy(specs[name]):
                yield f"{name} has another vector policy"
            yield from _other_policies(vectors[name], specs[name])


def differing_settings(infrastructure: Infrastructure) -> Iterator[str]:
    """Settings: each of the code is given or left out for a reason, and none is unknown."""
    known = {one.name for one in SETTINGS if one.where is not Where.ONE_MACHINE}
    left_out = {one.name for one in SETTINGS if one.left_out}
    hosts = set(NOT_IN_CODE) - known
    for deployment in infrastructure.standard:
        given = set(deployment.settings)
        yield from _difference("setting", given - hosts, known - left_out)
        yield from (f"{name} is both given and left out" for name in given & left_out)
        yield from (f"{name} is not given" for name in hosts - given)


def differing_defaults(infrastructure: Infrastructure) -> Iterator[str]:
    """Defaults of the code that the default deployment changes; names that both have."""
    default = infrastructure.deployments["default"]
    code = {setting.name: setting.default for setting in SETTINGS}
    for name, value in default.settings.items():
        expected = code.get(name)
        literal = not str(value).startswith("[")
        if name not in DECIDED_BY_AZURE and literal and expected not in (None, value):
            yield f"{name} is {value}, in the code {expected}"
    (secret,) = infrastructure.compiled["keys"]["resources"]
    named = default.settings["FACE_KEYS_VAULT_SECRET"]
    if f"'{named}'" not in secret["name"]:
        yield f"the keys are in another secret than {named}"
    if _names(default, f"{COSMOS}/sqlDatabases") != {code["COSMOS_DATABASE"]}:
        yield "the database has another name"


def differing_body_limits(infrastructure: Infrastructure) -> Iterator[str]:
    """The largest request: the local host's, and large enough for the service's own 400."""
    for deployment in infrastructure.standard:
        limit = int(deployment.settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"])
        if limit != LIMIT_BYTES:
            yield f"a request may have {limit} bytes, on one machine {LIMIT_BYTES}"
        if limit <= MAXIMUM_BODY_BYTES:
            yield "the host rejects what the service should"


DECIDED_BY_AZURE = {"FACE_STORE", "FACE_DATA_DIR"}
"""Settings whose default is for one machine."""


def differing_subscription(infrastructure: Infrastructure) -> Iterator[str]:
    """The events that are subscribed to, and the function that gets them."""
    subscription = infrastructure.deployments["subscribe"]
    properties = subscription.properties("Microsoft.EventGrid/systemTopics/eventSubscriptions")
    ((name, binding),) = _triggers("blobTrigger")
    container = str(binding["path"]).partition("/")[0]
    url = properties["destination"]["properties"]["endpointUrl"]
    if "/runtime/webhooks/blobs?functionName=Host.Functions.{1}&code={2}" not in url:
        yield "the subscription calls another webhook"
    if f"'{name}'" not in url or "systemKeys.blobs_extension" not in url:
        yield "the subscription calls another function, or with another key"
    if properties["filter"] != {
        "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
        "subjectBeginsWith": f"/blobServices/default/containers/{container}/",
    }:
        yield "the subscription has another filter"
    dead = properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
    if dead["blobContainerName"] != DEAD_LETTERS:
        yield "dead letters go elsewhere"


def differing_alerts(infrastructure: Infrastructure) -> Iterator[str]:
    """Functions and log lines that alerts look for."""
    for deployment in infrastructure.standard:
        queries = {
            rule["properties"]["displayName"]: rule["properties"]["criteria"]["allOf"][0]["query"]
            for rule in deployment.of_type("Microsoft.Insights/scheduledQueryRules")
        }
        if f'Message startswith "{POISON_REPORT}"' not in queries["poison-messages"]:
            yield "the alert looks for another line about poison messages"
        if f'Message startswith "{STALE_KEYS_REPORT}"' not in queries["stale-keys"]:
            yield "the alert looks for another line about the callers' keys"
        quoted = {name: set(re.findall(r'"([a-z_]+)"', text)) for name, text in queries.items()}
        every = {str(function.get_function_name()) for function in indexed_functions()}
        if not quoted["failed-trainings"] <= every:
            yield "the alert looks for another training function"
        http = {name for name, _ in _triggers("httpTrigger")} - {"health"}
        background = every - http
        yield from _difference("function without a caller", quoted["slow-requests"], background)


def _document_containers(deployment: Deployment) -> dict[str, Json]:
    kind = f"{COSMOS}/sqlDatabases/containers"
    return {last_segment(one): one["properties"]["resource"] for one in deployment.of_type(kind)}


def _other_policies(resource: Json, spec: ContainerSpec) -> Iterator[str]:
    if resource["id"] != spec.name:
        yield f"{spec.name} has the id {resource['id']}"
    if resource["partitionKey"] != {"kind": "Hash", "version": 2, "paths": ["/pk"]}:
        yield f"the partition key of {spec.name} is not /pk"
    if resource["indexingPolicy"] != indexing_policy(spec):
        yield f"{spec.name} is indexed by {resource['indexingPolicy']}"


def _triggers(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for function in indexed_functions():
        trigger = function.get_trigger()
        if trigger is not None and trigger.type == kind:
            yield str(function.get_function_name()), trigger.get_dict_repr()


def _names(deployment: Deployment, kind: str) -> set[str]:
    return {last_segment(one) for one in deployment.of_type(kind)}


def _difference(noun: str, deployed: Set[object], code: Set[object]) -> Iterator[str]:
    yield from (f"the deployment has the {noun} {name}, the code not" for name in deployed - code)
    yield from (f"the code has the {noun} {name}, the deployment not" for name in code - deployed)
