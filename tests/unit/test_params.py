"""Params and settings are two forms of the same thing."""

from dataclasses import dataclass, field

import pytest
from pydantic import TypeAdapter
from rctflow.settings import as_params, settings_from
from rctflow.study.dag import Dag


@dataclass(frozen=True)
class Inner:
    number: float
    pair: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Outer:
    name: str
    many: dict[str, Inner] = field(default_factory=dict)
    row: tuple[Inner, ...] = ()
    perhaps: Inner | None = None


def test_nested_settings_survive_the_way_through_params():
    settings = Outer("a", {"z": Inner(1.5), "b": Inner(2.0, (3, 4))}, (Inner(0.0),), Inner(9.0))
    assert settings_from(Outer, as_params(settings)) == settings


def test_params_do_not_depend_on_the_order_of_keys():
    one = Outer("a", {"x": Inner(1), "y": Inner(2)})
    other = Outer("a", {"y": Inner(2), "x": Inner(1)})
    assert repr(as_params(one)) == repr(as_params(other))


@pytest.mark.parametrize("file", ["config/config.yaml"])
def test_every_rule_of_the_default_study_gets_its_settings_back(root, monkeypatch, file):
    from rctflow.clean.settings import Clean
    from rctflow.derive.settings import Records, Subjects
    from rctflow.display import Display
    from rctflow.ingest.settings import Ingest
    from rctflow.models.settings import Fit
    from rctflow.report.settings import ReportSettings

    monkeypatch.chdir(root)
    dag = Dag.open({"study": file})
    study = dag.study
    pairs = [(Subjects, dag.subjects()), (ReportSettings, dag.report())]
    pairs += [(kind, make(t)) for t in study.tables for kind, make in ((Ingest, dag.ingest), (Clean, dag.clean))]
    makers = ((Records, dag.records), (Fit, dag.fit), (Display, dag.display))
    pairs += [(kind, make(e)) for e in study.endpoints for kind, make in makers]
    for kind, params in pairs:
        assert settings_from(kind, params) == TypeAdapter(kind).validate_python(params)
