"""Adapter of rule resolved_config: the study as understood -> YAML."""

from rctflow.job import job

with job(snakemake.log[0]):
    import yaml
    from rctflow.outputs import write_text

    text = yaml.safe_dump(snakemake.params.study, sort_keys=False, allow_unicode=True, width=120)
    write_text(text, snakemake.output[0])
