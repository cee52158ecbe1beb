"""The study as its package describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rctflow.package.about import About, Outcome, Seed
from rctflow.plan.blinded import STAMPS
from rctflow.plan_status import UNLOCKED, PlanStatus
from rctflow.study.analyses import analyses_of
from rctflow.study.form_model import Simulate
from rctflow.study.model import Study
from rctflow.study.presentation import endpoint_order


def about_study(study: Study, file: str, plan: PlanStatus = UNLOCKED) -> About:
    """What the config ``file`` says of the study, and the status of its analysis plan."""
    endpoints = {name: study.endpoints[name] for name in endpoint_order(study)}
    return About(
        study=study.study.id,
        title=study.study.title,
        config=file,
        results=study.folder,
        blinded=STAMPS[study.blinding.mode],
        synthetic=study.study.data == "synthetic",
        simulated=isinstance(study.source, Simulate),
        description=study.study.description,
        registration=study.study.registration,
        reference=study.study.reference,
        outcomes=tuple(Outcome(name, endpoint.label, endpoint.role) for name, endpoint in endpoints.items()),
        seeds=tuple(_seeds(study)),
        plan=plan,
        package=study.package,
    )


def _seeds(study: Study) -> Iterator[Seed]:
    """Every seed of the config that something is drawn from."""
    in_use = {"blinding": study.blinding.mode == "dummy", "package": study.package.data == "restricted"}
    resolved = {"analyses", "resampling"}  # in each endpoint
    for key, value in _named(study.model_dump(mode="json", exclude=resolved), ""):
        if in_use.get(key.partition(".")[0], True):
            yield Seed(key, value)
    for endpoint in study.endpoints:
        for name, analysis in analyses_of(study, endpoint).items():
            if analysis.resampling and analysis.resampling.asks:
                yield Seed(f"endpoints.{endpoint}.analyses.{name}.resampling.seed", analysis.resampling.seed)


def _named(section: Any, path: str) -> Iterator[tuple[str, int]]:
    if isinstance(section, Mapping):
        for key, value in section.items():
            if key == "seed" and isinstance(value, int):
                yield f"{path}seed", value
            else:
                yield from _named(value, f"{path}{key}.")
