"""The second computation as the Snakefile sees it: of which endpoints, by which modules, and the params of its rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rctflow.second.registry import second_modules
from rctflow.second.settings import Second
from rctflow.settings import as_params
from rctflow.study.model import Study
from rctflow.study.second_computation import second_settings


@dataclass(frozen=True)
class SecondJobs:
    """What is computed again of a study."""

    study: Study

    @cached_property
    def _settings(self) -> Second:
        return second_settings(self.study)

    def settings(self) -> Any:
        """Params of the second computation."""
        return as_params(self._settings)

    def endpoints(self) -> list[str]:
        """The endpoints whose results are computed again."""
        return list(dict.fromkeys(declared.endpoint for declared in self._settings.analyses))

    def modules(self) -> list[str]:
        """Modules of the second paths that the config's models have."""
        return second_modules({declared.model for declared in self._settings.analyses})
