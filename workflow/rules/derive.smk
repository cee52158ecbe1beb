"""Room derive, study level: clean tables become ADSL, one row per subject.

in: clean/; out: adam/adsl.parquet. The records of each endpoint are derived in the job that fits it (fit.smk).
"""


rule subjects:
    """ADSL: arms, dates, strata, covariates, flags, populations."""
    input:
        tables=expand("<results>/clean/{table}.parquet", table=dag.subject_tables()),
        others=ancient(expand("<results>/clean/{table}.parquet", table=dag.other_tables())),  # waits, never reruns
        code=code_of("subjects"),
    output:
        "<results>/adam/adsl.parquet",
    log:
        "<logs>/subjects.log",
    benchmark:
        "<benchmarks>/subjects.tsv"
    priority: 80
    conda:
        "../../environment.yml"
    params:
        config=dag.file,
        subjects=dag.subjects(),
    script:
        "../../scripts/subjects.py"
