"""Rooms figures and tables: result rows become what is printed, per endpoint and over all endpoints.

in: endpoints/<endpoint>/results.csv, adam/; out: endpoints/<endpoint>/*.svg, table.*, figures/, tables/.
"""


rule displays:
    """Figures and the table of one endpoint."""
    input:
        results="<results>/endpoints/{endpoint}/results.csv",
        resampling=lambda wildcards: dag.resampled(wildcards.endpoint),
        traces="<results>/endpoints/{endpoint}/records.parquet",
        records="<results>/adam/{endpoint}.parquet",
        adsl="<results>/adam/adsl.parquet",
        ledgers=lambda wildcards: dag.plan.ledgers(wildcards.endpoint),
        lock=dag.plan.files(),
        code=code_of("displays"),
    output:
        profile=report("<results>/endpoints/{endpoint}/profile.svg", category="{endpoint}"),
        trajectories=report("<results>/endpoints/{endpoint}/trajectories.svg", category="{endpoint}"),
        diagnostics=report("<results>/endpoints/{endpoint}/diagnostics.svg", category="{endpoint}"),
        ladder=report("<results>/endpoints/{endpoint}/ladder.svg", category="{endpoint}"),
        html="<results>/endpoints/{endpoint}/table.html",
        csv=report("<results>/endpoints/{endpoint}/table.csv", category="{endpoint}"),
    log:
        "<logs>/displays/{endpoint}.log",
    benchmark:
        "<benchmarks>/displays/{endpoint}.tsv"
    conda:
        "../../environment.yml"
    params:
        display=lambda wildcards: dag.display(wildcards.endpoint),
        plan=lambda wildcards: dag.plan.since(wildcards.endpoint),
    script:
        "../../scripts/displays.py"


rule subgroups:
    """The forest and the table of the subgroups of one endpoint, for those whose analyses name some."""
    input:
        results="<results>/endpoints/{endpoint}/results.csv",
        code=code_of("subgroups"),
    output:
        figure=report("<results>/endpoints/{endpoint}/subgroups.svg", category="{endpoint}"),
        html="<results>/endpoints/{endpoint}/subgroups.html",
    log:
        "<logs>/subgroups/{endpoint}.log",
    benchmark:
        "<benchmarks>/subgroups/{endpoint}.tsv"
    conda:
        "../../environment.yml"
    params:
        display=lambda wildcards: dag.display(wildcards.endpoint),
        factors=dag.subgroup_labels(),
    script:
        "../../scripts/subgroups.py"


rule leave_one_out:
    """The comparison of one endpoint without each patient in turn, for those whose analyses ask for it."""
    input:
        results="<results>/endpoints/{endpoint}/results.csv",
        resampling="<results>/endpoints/{endpoint}/resampling.csv",
        code=code_of("leave_one_out"),
    output:
        report("<results>/endpoints/{endpoint}/leave_one_out.svg", category="{endpoint}"),
    log:
        "<logs>/leave_one_out/{endpoint}.log",
    benchmark:
        "<benchmarks>/leave_one_out/{endpoint}.tsv"
    conda:
        "../../environment.yml"
    params:
        display=lambda wildcards: dag.display(wildcards.endpoint),
    script:
        "../../scripts/leave_one_out.py"


rule overview:
    """The forest of all endpoints and their table at the primary visit."""
    input:
        results=expand("<results>/endpoints/{endpoint}/results.csv", endpoint=dag.study.endpoints),
        adsl="<results>/adam/adsl.parquet",
        ledgers=dag.plan.ledgers(*dag.study.endpoints),
        lock=dag.plan.files(),
        code=code_of("overview"),
    output:
        forest=report("<results>/figures/forest.svg", category="overview"),
        html="<results>/tables/overview.html",
        csv=report("<results>/tables/overview.csv", category="overview"),
    log:
        "<logs>/overview.log",
    benchmark:
        "<benchmarks>/overview.tsv"
    conda:
        "../../environment.yml"
    params:
        displays=dag.displays(),
        plan=lambda wildcards: dag.plan.since(*dag.study.endpoints),
    script:
        "../../scripts/overview.py"


rule summary_figure:
    """A figure of the whole study, drawn from the rows of one summary."""
    input:
        results="<results>/summaries/{summary}/results.csv",
        code=lambda wildcards: code_of(
            "summary_figure", *dag.summaries.figure_modules(wildcards.summary, wildcards.figure)
        ),
    output:
        report("<results>/summaries/{summary}/{figure}.svg", category="overview"),
    log:
        "<logs>/summaries/{summary}.{figure}.log",
    benchmark:
        "<benchmarks>/summaries/{summary}.{figure}.tsv"
    wildcard_constraints:
        summary=dag.summaries.drawn(),
    conda:
        "../../environment.yml"
    params:
        figure=lambda wildcards: [wildcards.summary, wildcards.figure],
        display=dag.summaries.display(),
    script:
        "../../scripts/summary_figure.py"


if "adverse_events" in dag.summaries:

    rule incidence:
        """Adverse events as one wide table, for spreadsheets: every level, no number rounded."""
        input:
            results="<results>/summaries/adverse_events/results.csv",
            code=code_of("incidence"),
        output:
            report("<results>/tables/adverse_events.csv", category="overview"),
        log:
            "<logs>/incidence.log",
        benchmark:
            "<benchmarks>/incidence.tsv"
        conda:
            "../../environment.yml"
        params:
            display=dag.summaries.display(),
        script:
            "../../scripts/incidence.py"
