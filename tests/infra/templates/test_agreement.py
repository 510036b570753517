"""Deployments and code say the same, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from shared.settings.service import SETTINGS
from tests.infra.infrastructure import Infrastructure, broken, read_infrastructure
from tests.infra.templates import agreement

Rule = Callable[[Infrastructure], Iterable[str]]

RULES: list[Rule] = [
    agreement.differing_blob_containers,
    agreement.differing_queues,
    agreement.differing_document_containers,
    agreement.differing_vector_models,
    agreement.differing_settings,
    agreement.differing_defaults,
    agreement.differing_body_limits,
    agreement.differing_subscription,
    agreement.differing_alerts,
]

DEFAULT, PRIVATE, GROUP = "deployments/default", "deployments/private", "deployments/group"
SUBSCRIPTION = "deployments/subscribe"

BREAKS: list[tuple[Rule, str, str, str]] = [
    (agreement.differing_blob_containers, DEFAULT, 'default/snapshots"', 'default/more"'),
    (agreement.differing_blob_containers, DEFAULT, '"results/"', '"snapshots/"'),
    (
        agreement.differing_blob_containers,
        GROUP,
        '"daysAfterModificationGreaterThan": 60',
        '"x": 7',
    ),
    (agreement.differing_queues, DEFAULT, "purge-poison", "purged-poison"),
    (agreement.differing_queues, DEFAULT, 'default/erasure"', 'default/training"'),
    (agreement.differing_document_containers, DEFAULT, 'lineament/people"', 'lineament/persons"'),
    (agreement.differing_document_containers, DEFAULT, '"defaultTtl": 86400', '"defaultTtl": -1'),
    (agreement.differing_document_containers, GROUP, "5184000", "2592000"),
    (agreement.differing_document_containers, DEFAULT, '"/pk"', '"/id"'),
    (agreement.differing_document_containers, DEFAULT, '"/pk/?"', '"/*"'),
    (agreement.differing_document_containers, DEFAULT, '"path": "/*"', '"path": "/x/*"'),
    (agreement.differing_vector_models, PRIVATE, '"dimensions": 128', '"dimensions": 512'),
    (agreement.differing_vector_models, PRIVATE, "vectors-sface-2021dec", "vectors"),
    (agreement.differing_vector_models, PRIVATE, '"diskANN"', '"flat"'),
    (agreement.differing_vector_models, PRIVATE, '"/vector/*"', '"/vector/?"'),
    (agreement.differing_vector_models, PRIVATE, '"/version/?"', '"/*"'),
    (agreement.differing_vector_models, PRIVATE, '"cosine"', '"euclidean"'),
    (agreement.differing_vector_models, PRIVATE, '"1000000"', '"never"'),
    (agreement.differing_settings, DEFAULT, '"FACE_STORE"', '"FACE_STORES"'),
    (agreement.differing_settings, DEFAULT, '"FACE_STORE"', '"COSMOS_KEY"'),
    (agreement.differing_settings, DEFAULT, "AzureWebJobsStorage__credential", "Storage"),
    (agreement.differing_defaults, DEFAULT, '"FACE_TIER": "S0"', '"FACE_TIER": "F0"'),
    (agreement.differing_defaults, DEFAULT, "/lineament", "/faces"),
    (agreement.differing_defaults, "compiled/keys", "'face-keys'", "'keys'"),
    (agreement.differing_body_limits, DEFAULT, '"41943040"', '"104857600"'),
    (agreement.differing_body_limits, DEFAULT, '"41943040"', '"20971520"'),
    (agreement.differing_subscription, SUBSCRIPTION, "'ingest_upload'", "'ingest'"),
    (agreement.differing_subscription, SUBSCRIPTION, "containers/uploads/", "containers/"),
    (agreement.differing_subscription, SUBSCRIPTION, "Host.Functions.", "Host."),
    (agreement.differing_subscription, SUBSCRIPTION, '"deadletter"', '"x"'),
    (agreement.differing_alerts, DEFAULT, "poison messages are", "poison messages were"),
    (agreement.differing_alerts, DEFAULT, "keys could not be read", "keys were not read"),
    (agreement.differing_alerts, DEFAULT, '== \\"train_collection\\"', '== \\"train\\"'),
    (agreement.differing_alerts, DEFAULT, '\\"maintain\\", ', ""),
]

COMMITTED = read_infrastructure()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_deployments_and_code_agree(rule: Rule) -> None:
    assert list(rule(COMMITTED)) == []


@pytest.mark.parametrize(("rule", "path", "old", "new"), BREAKS)
def test_a_rule_notices_a_difference(rule: Rule, path: str, old: str, new: str) -> None:
    assert set(rule(broken(path, old, new))) - set(rule(COMMITTED))


def test_every_rule_is_shown_to_notice() -> None:
    assert {rule for rule, *_ in BREAKS} == set(RULES)


def test_every_exception_has_its_reason() -> None:
    left_out = [setting.left_out for setting in SETTINGS if setting.left_out]
    assert all(reason.count(" ") >= 2 for reason in (*left_out, *agreement.NOT_IN_CODE.values()))
