"""Latent state of each patient at each visit: a multivariate normal over endpoints, AR(1)-like over visits.

    z[t] = sqrt(s) u + sqrt(1 - s) v[t],   v[t] = phi v[t-1] + e[t],   phi = (rho - s) / (1 - s)

s is ``stable_share``; u and v[0] have the declared correlations R between endpoints, e[t] has R * (1 - phi phi'), so
that z[t] has R at every visit and adjacent visits of an endpoint correlate rho (an intercept per patient and an AR(1)).
"""

from __future__ import annotations

import numpy as np

from rctflow.simulate.course import Course
from rctflow.simulate.items import sf36_error_sd
from rctflow.simulate.sections import Endpoint
from rctflow.simulate.seeds import Draws, Floats
from rctflow.simulate.settings import SimulationSettings


def latent_factors(settings: SimulationSettings) -> tuple[Floats, Floats, Floats]:
    """Cholesky factors of R and of the covariance of the AR(1) steps, (E, E) each, and phi, (E,).

    Raises ValueError when the declared correlations and rhos cannot hold together.
    """
    names = list(settings.endpoints)
    correlation = np.eye(len(names))
    for pair in settings.correlations:
        i, j = (names.index(name) for name in pair.between)
        correlation[i, j] = correlation[j, i] = pair.r
    share = settings.stable_share
    rho = np.array([endpoint.rho for endpoint in settings.endpoints.values()])
    phi = (rho - share) / (1 - share) if share < 1 else np.zeros(len(names))
    steps = correlation * (1 - np.outer(phi, phi))
    try:
        return _root(correlation), _root(steps), phi
    except np.linalg.LinAlgError:
        low = min(np.linalg.eigvalsh(correlation)[0], np.linalg.eigvalsh(steps)[0])
        raise ValueError(
            f"correlations: they cannot hold together (eigenvalue {low:.3f}); lower the largest."
        ) from None


def _root(covariance: Floats) -> Floats:
    return np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)


def standard_latents(settings: SimulationSettings, draws: Draws) -> Floats:
    """z, (n, visits, endpoints): standard normal, correlated as declared."""
    across, steps, phi = latent_factors(settings)
    visits = len(settings.visits)
    raw = np.stack([draws.normal(f"latent {name}", visits + 1) for name in settings.endpoints], axis=2)
    stable, moving = raw[:, 0] @ across.T, [raw[:, 1] @ across.T]
    for visit in range(1, visits):
        moving.append(phi * moving[-1] + raw[:, visit + 1] @ steps.T)
    share = settings.stable_share
    return np.sqrt(share) * stable[:, None, :] + np.sqrt(1 - share) * np.stack(moving, axis=1)


def on_scale(endpoint: Endpoint, value: float) -> float:
    """A declared mean or effect on the scale of the latent endpoint (log or as it is)."""
    return float(np.log(value)) if endpoint.scale == "log" else value


def latent_sd(settings: SimulationSettings, name: str, sd: float) -> float:
    """SD of the latent endpoint that gives the declared SD once the error of the items is added."""
    spread = on_scale(settings.endpoints[name], sd)
    if name not in ("sf36_pcs", "sf36_mcs"):
        return spread
    error = sf36_error_sd(settings.measurement, name)
    if error >= spread:
        raise ValueError(f"endpoints.{name}: sd {sd} is less than the error of its items ({error:.2f}).")
    return float(np.sqrt(spread**2 - error**2))


def by_visit(settings: SimulationSettings, name: str, what: str) -> Floats:
    """Declared effect or trend of an endpoint at each visit, (visits,), on its latent scale; none where not named."""
    endpoint = settings.endpoints[name]
    declared: dict[str, float] = getattr(endpoint, what)
    return np.array([on_scale(endpoint, declared[v]) if v in declared else 0.0 for v in settings.visits])


def standard_effects(settings: SimulationSettings) -> dict[str, Floats]:
    """Effect of the endpoints that make severity, by visit, in SD."""
    sds = {name: on_scale(e, e.sd) for name, e in settings.endpoints.items()}
    return {name: by_visit(settings, name, "effect") / sds[name] for name in settings.intercurrent_events.severity}


def endpoint_states(
    settings: SimulationSettings, z: Floats, female: np.ndarray, treated: np.ndarray, course: Course
) -> dict[str, Floats]:
    """Latent value of each endpoint, (n, visits): level by sex, trend, treatment effect as far as kept, shifts.

    female, treated: (n,) of bool. ``course`` says what share of the effect each intercurrent event leaves.
    """
    states = {}
    for index, (name, endpoint) in enumerate(settings.endpoints.items()):
        better = 1.0 if endpoint.better == "higher" else -1.0
        mean_male = endpoint.mean if endpoint.mean_male is None else endpoint.mean_male
        sd_male = endpoint.sd if endpoint.sd_male is None else endpoint.sd_male
        mean = np.where(female, on_scale(endpoint, endpoint.mean), on_scale(endpoint, mean_male))[:, None]
        sd = np.where(female, latent_sd(settings, name, endpoint.sd), latent_sd(settings, name, sd_male))[:, None]
        shift = course.shift + (course.rescue_shift if name in settings.intercurrent_events.rescue_helps else 0.0)
        effect = by_visit(settings, name, "effect") * course.effect_kept * treated[:, None]
        states[name] = mean + by_visit(settings, name, "trend") + effect + sd * (z[:, :, index] + better * shift)
    return states
