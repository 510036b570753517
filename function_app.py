"""The FunctionApp: registers all functions; on Azure it adds the facts of log lines to them."""

from __future__ import annotations

import os

import azure.functions as func

from functions import blobs, queues, timers
from functions.http import (
    collections,
    detection,
    dynamic_groups,
    face_lists,
    liveness,
    person_directory,
    persons,
    recognition,
    retired,
)
from functions.http.fallback import fallback_blueprint
from functions.http.lineament import (
    archive,
    cohort,
    confidence,
    deletions,
    duplicates,
    gate,
    poison,
    unknowns,
    uploads,
)
from functions.http.lineament import persons as named_persons
from functions.http.lineament import recognition as named_recognition
from functions.http.pages.console import console_blueprint
from functions.http.pages.reference import reference_blueprint
from functions.library_logs import quiet_libraries
from functions.log_facts import show_facts
from functions.process import prepare_process

_RESOURCES = (
    detection.routes,
    recognition.routes,
    collections.routes,
    persons.routes,
    face_lists.routes,
    person_directory.routes,
    dynamic_groups.routes,
    liveness.routes,
    retired.routes,
    named_recognition.routes,
    named_persons.routes,
    uploads.routes,
    poison.routes,
    deletions.routes,
    archive.routes,
    duplicates.routes,
    confidence.routes,
    unknowns.routes,
    cohort.routes,
    gate.routes,
)

OPERATIONS = tuple(one for resource in _RESOURCES for one in resource.operations)
"""Every operation of every API; the documentation is made from them."""

prepare_process()
quiet_libraries()
show_facts(os.environ)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for _resource in _RESOURCES:
    app.register_functions(_resource.blueprint)
for _blueprint in (blobs.blueprint, queues.blueprint, timers.blueprint):
    app.register_functions(_blueprint)
app.register_functions(reference_blueprint(OPERATIONS))
app.register_functions(console_blueprint())
app.register_functions(fallback_blueprint(OPERATIONS))
