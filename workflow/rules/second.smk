"""Room second: primary and secondary results are computed again by another path; a disagreement ends the run.

in: adam/, endpoints/<endpoint>/results.csv; out: summaries/second/results.csv. The report waits for it.
"""


rule second:
    """Each primary and secondary result again, by a path that shares no module with the first."""
    input:
        adsl="<results>/adam/adsl.parquet",
        records=expand("<results>/adam/{endpoint}.parquet", endpoint=dag.second.endpoints()),
        results=expand("<results>/endpoints/{endpoint}/results.csv", endpoint=dag.second.endpoints()),
        code=code_of("second", *dag.second.modules()),
    output:
        "<results>/summaries/second/results.csv",
    log:
        "<logs>/second.log",
    benchmark:
        "<benchmarks>/second.tsv"
    conda:
        "../../environment.yml"
    params:
        second=dag.second.settings(),
    script:
        "../../scripts/second.py"
