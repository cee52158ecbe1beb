"""BagIt's hash lists."""

from rctflow.package.bag import bag_info, hash_list
from rctflow.package.zipped import Measured

FILES = {"data/b": Measured(3, "bb"), "data/a%\n": Measured(4, "aa")}


def test_hash_list_is_sorted_and_encodes_what_would_break_lines():
    assert hash_list(FILES) == b"aa  data/a%25%0A\nbb  data/b\n"


def test_bag_info_counts_the_payload_and_breaks_no_line():
    told = bag_info(FILES, {"Title": "A\n trial", "Empty": ""})
    assert told == b"Title: A trial\nPayload-Oxum: 7.2\n"
