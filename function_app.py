"""The FunctionApp: registers the blueprints, and on Azure has log lines say their numbers."""

from __future__ import annotations

import os

import azure.functions as func

from functions import (
    detection,
    directory,
    dynamic_groups,
    face_lists,
    groups,
    liveness,
    persons,
    queues,
    recognition,
    retired,
    timers,
    uploads,
)
from functions.fallback import fallback_blueprint
from functions.log_facts import show_facts
from functions.reference import reference_blueprint

_RESOURCES = (
    detection.routes,
    recognition.routes,
    groups.routes,
    persons.routes,
    face_lists.routes,
    directory.routes,
    dynamic_groups.routes,
    liveness.routes,
    retired.routes,
)

OPERATIONS = tuple(one for resource in _RESOURCES for one in resource.operations)
"""Every operation below ``/face/{version}/``; the documentation is made from them."""

show_facts(os.environ)

app = func.FunctionApp(http_auth_level=func.AuthLevel.ANONYMOUS)
for _resource in _RESOURCES:
    app.register_functions(_resource.blueprint)
for _blueprint in (uploads.blueprint, queues.blueprint, timers.blueprint):
    app.register_functions(_blueprint)
app.register_functions(reference_blueprint(OPERATIONS))
app.register_functions(fallback_blueprint(OPERATIONS))
