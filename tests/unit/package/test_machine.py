"""The machine that made a run."""

import getpass
import json
import platform

from rctflow.package.machine import machine, write_machine


def test_written_beside_the_benchmarks_with_numbers_that_can_be(tmp_path):
    write_machine(str(tmp_path / "benchmarks"))
    told = json.loads((tmp_path / "benchmarks/machine.json").read_text())
    assert told == machine()
    assert told["cores"] >= 1 and told["memory_gib"] > 0
    assert told["python"].endswith(platform.python_version())
    assert set(told) == {"cores", "cpu", "kernel", "machine", "memory_gib", "os", "python"}


def test_names_neither_the_machine_nor_its_user():
    told = json.dumps(machine()).split('"')
    assert platform.node() not in told
    assert getpass.getuser() not in told
