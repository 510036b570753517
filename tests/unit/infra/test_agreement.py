"""The templates and the code say the same, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from shared.settings.service import SETTINGS
from tests.unit.infra import agreement
from tests.unit.infra.bicep import Templates, broken, read_templates

Rule = Callable[[Templates], Iterable[str]]

RULES: list[Rule] = [
    agreement.differing_blob_containers,
    agreement.differing_queues,
    agreement.differing_document_containers,
    agreement.differing_vector_models,
    agreement.differing_settings,
    agreement.differing_defaults,
    agreement.differing_subscription,
    agreement.differing_alerts,
]

TEMPLATES = read_templates()

STORAGE, COSMOS, FUNCTION = "app/storage.bicep", "app/cosmos.bicep", "app/function.bicep"
ALERTS, MAIN, SUBSCRIPTION = "app/alerts.bicep", "main.bicep", "subscribe.bicep"

BREAKS: list[tuple[Rule, str, str, str]] = [
    (agreement.differing_blob_containers, STORAGE, "  'snapshots'\n", ""),
    (agreement.differing_blob_containers, STORAGE, "  'uploads'\n", "  'uploads'\n  'more'\n"),
    (agreement.differing_blob_containers, STORAGE, "'results/'", "'snapshots/'"),
    (agreement.differing_queues, STORAGE, "'purge-poison'", "'purged-poison'"),
    (agreement.differing_queues, STORAGE, "  'training'\n", ""),
    (agreement.differing_document_containers, COSMOS, "name: 'people'", "name: 'persons'"),
    (agreement.differing_document_containers, COSMOS, "defaultTtl: 86400", "defaultTtl: -1"),
    (agreement.differing_document_containers, COSMOS, "'/pk'", "'/id'"),
    (agreement.differing_document_containers, COSMOS, "'embedding'", "'vector'"),
    (agreement.differing_document_containers, MAIN, "= 2592000", "= 86400"),
    (agreement.differing_vector_models, COSMOS, "dimension: 128", "dimension: 512"),
    (agreement.differing_vector_models, COSMOS, "'vectors-sface-2021dec'", "'vectors'"),
    (agreement.differing_vector_models, COSMOS, "'diskANN'", "'flat'"),
    (agreement.differing_vector_models, COSMOS, "'/vector/*'", "'/vector/?'"),
    (agreement.differing_vector_models, COSMOS, "'cosine'", "'euclidean'"),
    (agreement.differing_settings, FUNCTION, "FACE_STORE: 'cosmos'", "FACE_STORES: 'cosmos'"),
    (agreement.differing_settings, FUNCTION, "FACE_STORE: 'cosmos'", "COSMOS_KEY: 'x'"),
    (agreement.differing_settings, FUNCTION, "AzureWebJobsStorage__credential", "Storage"),
    (
        agreement.differing_defaults,
        MAIN,
        "uploadRetentionDays int = 7",
        "uploadRetentionDays int = 8",
    ),
    (agreement.differing_defaults, COSMOS, "name: 'lineament'", "name: 'faces'"),
    (agreement.differing_defaults, "keys.bicep", "name: 'face-keys'", "name: 'keys'"),
    (agreement.differing_subscription, SUBSCRIPTION, "'ingest_upload'", "'ingest'"),
    (agreement.differing_subscription, SUBSCRIPTION, "containers/uploads/", "containers/"),
    (agreement.differing_subscription, SUBSCRIPTION, "Host.Functions.", "Host."),
    (
        agreement.differing_subscription,
        SUBSCRIPTION,
        "blobContainerName: 'deadletter'",
        "blobContainerName: 'x'",
    ),
    (agreement.differing_alerts, ALERTS, "poison messages are", "poison messages were"),
    (agreement.differing_alerts, ALERTS, '== "train_collection"', '== "train"'),
    (agreement.differing_alerts, ALERTS, '"maintain", ', ""),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_templates_and_code_agree(rule: Rule) -> None:
    assert list(rule(TEMPLATES)) == []


@pytest.mark.parametrize(("rule", "path", "old", "new"), BREAKS)
def test_a_rule_notices_a_difference(rule: Rule, path: str, old: str, new: str) -> None:
    assert set(rule(broken(TEMPLATES, path, old, new))) - set(rule(TEMPLATES))


def test_every_rule_is_shown_to_notice() -> None:
    assert {rule for rule, *_ in BREAKS} == set(RULES)


def test_every_exception_has_its_reason() -> None:
    left_out = [setting.left_out for setting in SETTINGS if setting.left_out]
    assert all(reason.count(" ") >= 2 for reason in (*left_out, *agreement.NOT_IN_CODE.values()))
