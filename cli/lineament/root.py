"""The command `lineament` and its subcommands."""

from __future__ import annotations

import click

from lineament import __version__
from lineament.commands.images import analysis, recognition, uploads
from lineament.commands.moving import archive, migration
from lineament.commands.operating import calibration, cohort, costs, doctor, setup
from lineament.commands.people import collections, deletions, discovery, enrolment, training


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lineament")
def lineament() -> None:
    """Face recognition from the command line, with a Lineament service or Azure AI Face.

    Exit codes: 0 done, 1 nothing found, 2 wrong usage, 3 refused, 4 service unreachable or failed,
    130 interrupted.
    """


for _command in (
    setup.login,
    setup.completion,
    recognition.detect,
    recognition.identify,
    enrolment.enroll,
    enrolment.re_enrol,
    training.train,
    collections.groups,
    collections.persons,
    collections.faces,
    deletions.deletions,
    discovery.duplicates,
    discovery.unknowns,
    analysis.recognize,
    analysis.compare,
    analysis.explain,
    uploads.upload,
    uploads.poison,
    archive.export,
    archive.import_,
    migration.migrate,
    calibration.calibrate,
    cohort.cohort,
    costs.costs,
    doctor.doctor,
):
    lineament.add_command(_command)
