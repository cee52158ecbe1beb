"""Load a study config: YAML -> typed ``Study``, or one error that names every problem."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from rctflow.study.blinding import unless_unblinded
from rctflow.study.checks import cross_checks
from rctflow.study.messages import ConfigError, did_you_mean, problems_of
from rctflow.study.model import Study

DEFAULT_STUDY = "config/config.yaml"


def study_file(snakemake_config: Mapping[str, Any]) -> str:
    """The config file that ``--config study=...`` names; any other Snakemake config key is an error."""
    unknown = sorted(set(snakemake_config) - {"study"})
    if unknown:
        hint = did_you_mean(unknown[0], ["study"])
        raise ConfigError(
            "--config", [(unknown[0], f"unknown key; settings belong in the study's config file. {hint}")]
        )
    return str(snakemake_config.get("study", DEFAULT_STUDY))


def load_study(file: str | Path) -> Study:
    """The study that ``file`` describes, its blinding ended when an unblinding is on record.

    Raises ConfigError with all problems, each with its path in the file, and UnblindingError for a broken record.
    """
    name = str(file)
    try:
        study = Study.model_validate(_read_yaml(Path(file), name))
    except ValidationError as error:
        raise ConfigError(name, problems_of(error, Study)) from None
    problems = cross_checks(study)
    if problems:
        raise ConfigError(name, problems)
    return unless_unblinded(study, name)


def _read_yaml(path: Path, name: str) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(name, [("", "no such file; choose a study with --config study=config/<file>.yaml")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError(name, [("", f"not UTF-8 (byte {error.start}); save the file as UTF-8")]) from None
    try:
        document = yaml.load(text, Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigError(name, [(place, f"not valid YAML: {getattr(error, 'problem', error)}")]) from None
    if not isinstance(document, dict):
        raise ConfigError(name, [("", "the file is empty or not a mapping; see config/README.md")])
    return document


class _UniqueKeys(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML keeps the last of two equal keys without a word; here they are an error."""


def _mapping(loader: Any, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key_node.tag != "tag:yaml.org,2002:merge" and key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} stands here twice", key_node.start_mark
            )
        seen.add(key)
    loader.flatten_mapping(node)
    return yaml.SafeLoader.construct_mapping(loader, node, deep)


_UniqueKeys.add_constructor(
    yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, lambda loader, node: _mapping(loader, node, deep=True)
)
