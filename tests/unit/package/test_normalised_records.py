"""Two runs leave the same records in a package."""

import json

from hypothesis import given
from hypothesis import strategies as st
from rctflow.package.provenance import EPOCH, is_normalised, normalised
from run_records import RECORD

times = st.floats(1.6e9, 2e9)


@given(times, times, st.integers(-(2**62), 2**62), st.sampled_from([None, "4711"]), st.booleans())
def test_times_and_ids_of_a_run_leave_no_trace(start, end, job_hash, external, reverse):
    pairs = list(RECORD["input_checksums"].items())
    changes = {
        "starttime": start,
        "endtime": end,
        "job_hash": job_hash,
        "external_jobid": external,
        "input_checksums": dict(pairs[::-1] if reverse else pairs),
    }
    assert normalised(RECORD | changes, {}, "a") == normalised(RECORD, {}, "a")


def test_what_decides_a_rerun_stays():
    kept = json.loads(normalised(RECORD, {}, "a"))
    run_specific = {"starttime", "endtime", "job_hash", "external_jobid", "conda_env"}
    assert set(kept) == set(RECORD)
    assert {key: kept[key] for key in set(kept) - run_specific} == {
        key: sorted(value) if key == "input" else value for key, value in RECORD.items() if key not in run_specific
    }
    assert kept["starttime"] == kept["endtime"] == EPOCH
    assert is_normalised(kept) and not is_normalised(RECORD)


def test_outputs_of_a_job_share_its_hash_and_those_of_others_do_not():
    hashes = [json.loads(normalised(RECORD, {}, job))["job_hash"] for job in ("a", "a", "b")]
    assert hashes[0] == hashes[1] != hashes[2]


def test_raw_forms_stand_where_the_package_has_them():
    record = RECORD | {"input": ["/x/walk.csv", "scripts/fit.py"], "input_checksums": {"/x/walk.csv": "sha256:cc"}}
    kept = json.loads(normalised(record, {"/x/walk.csv": "results/t/raw/walk.csv"}, "a"))
    assert kept["input"] == ["results/t/raw/walk.csv", "scripts/fit.py"]
    assert kept["input_checksums"] == {"results/t/raw/walk.csv": "sha256:cc"}
    assert b"/x/" not in normalised(record, {"/x/walk.csv": "results/t/raw/walk.csv"}, "a")
