"""Adapter of rule simulate: declared settings and a seed -> raw forms and their truth."""

from rctflow.job import job

with job(snakemake.log[0]):
    from pathlib import Path

    from rctflow.settings import settings_from
    from rctflow.simulate.settings import SimulationSettings
    from rctflow.simulate.trial import simulate_trial, write_trial

    trial = simulate_trial(settings_from(SimulationSettings, snakemake.params.settings), snakemake.params.seed)
    write_trial(trial, Path(snakemake.output.forms[0]).parent, Path(snakemake.output.truth).parent)
