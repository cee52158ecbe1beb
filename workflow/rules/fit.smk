"""Rooms models and summaries: ADSL and records become result rows, one per statistic.

in: adam/, clean/; out: endpoints/<endpoint>/results.csv and records.parquet, summaries/<name>/results.csv.
"""


rule fit:
    """Fit every analysis of one endpoint in one process."""
    input:
        records="<results>/adam/{endpoint}.parquet",
        adsl="<results>/adam/adsl.parquet",
        code=lambda wildcards: code_of("fit", *dag.model_modules(wildcards.endpoint)),
    output:
        results="<results>/endpoints/{endpoint}/results.csv",
        records="<results>/endpoints/{endpoint}/records.parquet",
    log:
        "<logs>/fit/{endpoint}.log",
    benchmark:
        "<benchmarks>/fit/{endpoint}.tsv"
    priority: 60
    conda:
        "../../environment.yml"
    params:
        fit=lambda wildcards: dag.fit(wildcards.endpoint),  # only what fitting uses: a label edit never refits
    script:
        "../../scripts/fit.py"


rule summaries:
    """Participant flow, baseline characteristics and data quality."""
    input:
        adsl="<results>/adam/adsl.parquet",
        primary=dag.primary_records(),
        tables=expand("<results>/clean/{table}.parquet", table=dag.study.tables),
        ledgers=expand("<results>/clean/{table}.ledger.csv", table=dag.study.tables),
        code=code_of("summaries"),
    output:
        flow="<results>/summaries/flow/results.csv",
        baseline="<results>/summaries/baseline/results.csv",
        quality="<results>/summaries/data_quality/results.csv",
    log:
        "<logs>/summaries.log",
    benchmark:
        "<benchmarks>/summaries.tsv"
    conda:
        "../../environment.yml"
    params:
        summaries=dag.summaries(),
    script:
        "../../scripts/summaries.py"
