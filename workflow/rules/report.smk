"""Room report: everything that was computed, on one page.

in: result rows, displays, the config as understood; out: report.html, config.yaml.
"""


rule resolved_config:
    """The study config as it was understood, defaults and templates filled in."""
    input:
        code=code_of("resolved_config"),
    output:
        "<results>/config.yaml",
    log:
        "<logs>/resolved_config.log",
    benchmark:
        "<benchmarks>/resolved_config.tsv"
    conda:
        "../../environment.yml"
    params:
        study=dag.resolved(),
    script:
        "../../scripts/resolved_config.py"


rule report:
    """One self-contained HTML page."""
    input:
        results=expand("<results>/endpoints/{endpoint}/results.csv", endpoint=dag.study.endpoints),
        resampling=dag.resampled(),
        displays=dag.all_displays(),
        overview=["<results>/figures/forest.svg", "<results>/tables/overview.html"],
        multiplicity=dag.families.files(),
        subgroups=dag.subgroup_displays(),
        left_out=dag.left_out(),
        summaries=dag.summaries.files(),
        figures=dag.summaries.figures(),
        listings=dag.adverse_events.shown_listings(),
        second="<results>/summaries/second/results.csv",
        adsl="<results>/adam/adsl.parquet",
        labels=dag.label_sources(),
        ledgers=dag.plan.ledgers(),
        deviations=dag.plan.deviations(),
        lock=dag.plan.files(),
        code=code_of("report"),
    output:
        report("<results>/report.html", category="report"),
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../../environment.yml"
    params:
        report=dag.report(),
        plan=lambda wildcards: dag.plan.since(),
    script:
        "../../scripts/report.py"
