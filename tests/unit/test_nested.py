"""Documents compared by path."""

from rctflow.nested import differences, sha256_of


def told(old, new):
    return [str(difference) for difference in differences(old, new)]


def test_differences_stand_at_the_highest_level():
    old = {"a": {"b": 1, "c": [1, 2]}, "gone": {"x": 1}}
    new = {"a": {"b": 2, "c": [1, 3]}, "come": {"y": 2}}
    assert told(old, new) == [
        "a.b: 1 -> 2",
        "a.c: [1, 2] -> [1, 3]",
        'come: added: {"y": 2}',
        'gone: removed: {"x": 1}',
    ]


def test_lists_of_mappings_are_compared_element_by_element():
    assert told({"chain": [{"df": "kr"}, {"df": "bw"}]}, {"chain": [{"df": "kr"}, {"df": "sat"}]}) == [
        "chain[2].df: bw -> sat"
    ]
    assert told({"chain": [{"df": "kr"}]}, {"chain": []}) == ['chain: [{"df": "kr"}] -> []']


def test_empty_text_missing_and_absent_are_told_apart():
    assert told({"a": ""}, {"a": None}) == ['a: "" -> null']
    assert told({"a": None}, {}) == ["a: removed: null"]
    assert told({"a": 1}, {"a": True}) == ["a: 1 -> true"]
    assert told({"a": 40.0}, {"a": 0.05}) == ["a: 40 -> 0.05"]


def test_equal_documents_have_one_hash_whatever_the_order_of_keys():
    assert sha256_of({"a": 1, "b": {"c": 2, "d": 3}}) == sha256_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert sha256_of({"a": [1, 2]}) != sha256_of({"a": [2, 1]})
    assert told({"a": 1, "b": 2}, {"b": 2, "a": 1}) == []
