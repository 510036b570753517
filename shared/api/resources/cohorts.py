"""Converts cohorts of groups between the wire and the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shared.api.bodies.lineament.cohort import CohortAnswer
from shared.api.call import Call
from shared.api.operations import Answer
from shared.api.resources.lineament import parameters as own
from shared.domain.collections import CollectionKey
from shared.domain.errors import BadArgument

if TYPE_CHECKING:
    from shared.services.cohorts.making import CohortMaking


def cohort_answer(call: Call, making: CohortMaking) -> Answer:
    """A cohort of the groups that the query names.

    Raises:
        CollectionNotFound: a group does not exist.
        BadArgument: the query names none, or no cohort can be made of them.
    """
    scopes = call.arguments[own.COLLECTIONS]
    keys = [scope for scope in scopes if isinstance(scope, CollectionKey)]
    if not keys or len(keys) < len(scopes):
        raise BadArgument("'collections' must name person groups or large person groups.")
    content = making.file_of_groups(keys, embeddings=call.arguments[own.EMBEDDINGS])
    return Answer(msgspec.json.decode(content, type=CohortAnswer))
