"""What a job may read as code is packed."""

from rctflow.package.contents import FOLDERS
from rctflow.study.code import BESIDE


def test_every_kind_of_code_file_is_packed():
    assert {".py", *BESIDE} <= set(FOLDERS["scripts"])
