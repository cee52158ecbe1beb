"""The versions that the report prints are those that the lock fixes."""

import sys

from rctflow.report.software import software_versions


def test_python_is_named_without_its_patch_release_which_no_lock_fixes():
    found = software_versions()
    assert found["Python"] == "{}.{}".format(*sys.version_info[:2])
    assert found["numpy"].count(".") == 2
