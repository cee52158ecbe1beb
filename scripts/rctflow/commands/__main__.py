"""``./run VERB ...``: find the verb's module and hand over; what is no verb goes to Snakemake."""

from __future__ import annotations

import sys
from importlib import import_module

from rctflow.errors import RctflowError

VERBS = {
    "test": "run the tests (first makes .venv from requirements-test.lock)",
    "check": "validate the config against the data and print what was understood",
    "new": "look at a folder of data and propose a config: ./run new NAME --data FOLDER",
    "lock": "freeze the analysis plan: ./run lock [--by NAME] [--again REASON]; --review: look first",
    "unblind": "end the blinding of a study, on record: ./run unblind --by NAME [--without-lock]",
    "verify": "verify a package: ./run verify PACKAGE.zip (--help says more)",
    "compare": "hold results from R or SAS against the run's: ./run compare OTHER.csv [--template]",
    "diff": "which numbers moved between two packages or results folders, and why: ./run diff OLD NEW",
    "package": "archive the finished run as a zip that proves itself; --with-wheels: with every package it needs",
    "qualify": "compare this installation with numbers of R, SAS and others; writes a report to file",
    "bench": "measure speed and print a table; bench truth: do the models recover a simulated truth?",
    "schema": "write config/README.md and the JSON Schema of the config from the typed model",
    "setup": "make the environment and stop; --test: with what the tests and the HELP example need",
}
USAGE = """./run                       run the default study (config/config.yaml) end to end
./run endpoint_tug          bring one endpoint up to date
./run --config study=FILE   another study; the same for every verb
./run -n                    any other argument goes to Snakemake

"""


def main(arguments: list[str]) -> int:
    """Run one verb; returns the exit status."""
    if arguments[:1] in (["--help"], ["-h"], ["help"]):
        print(USAGE + "\n".join(f"./run {verb:<22}{what}" for verb, what in VERBS.items()))
        return 0
    arguments = _verb_first(arguments)
    verb = arguments[0] if arguments and arguments[0] in VERBS else None
    module = import_module(f"rctflow.commands.{verb or 'workflow'}")
    try:
        return int(module.main(arguments[1:] if verb else arguments))
    except RctflowError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1


def _verb_first(arguments: list[str]) -> list[str]:
    """``--config study=FILE VERB ...`` as ``VERB --config study=FILE ...``: the study may be chosen before or after."""
    place = 2 if arguments[:1] == ["--config"] else sum(word.startswith("--config=") for word in arguments[:1])
    chosen, verb, rest = arguments[:place], arguments[place : place + 1], arguments[place + 1 :]
    return [*verb, *chosen, *rest] if verb and verb[0] in VERBS else arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
