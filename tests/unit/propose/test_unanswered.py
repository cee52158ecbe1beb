"""What a proposed config still leaves open."""

from rctflow.propose.unanswered import questions_left, todo_lines

CONFIG = """# Proposed by `./run new trial` from data: guesses; comments say what was seen.
#
# QUESTIONS that the data could not answer (answer them in the section named, then remove them here):
#  1. arms: Which arm is the comparator? Taken: '0' (0 is the usual code of the
#     control arm).
#  2. endpoints: Write it in place of TODO_OUTCOME.

study: {id: trial}
tables:
  form: {columns: {TODO_OUTCOME: {type: number}}}
  # column x: TODO: a stand-in
  planned: {column: x}   # to do it right
"""


def test_questions_that_still_stand() -> None:
    assert questions_left(CONFIG) == [
        "1. arms: Which arm is the comparator? Taken: '0' (0 is the usual code of the control arm).",
        "2. endpoints: Write it in place of TODO_OUTCOME.",
    ]


def test_a_deleted_question_is_answered() -> None:
    text = "".join(line for line in CONFIG.splitlines(keepends=True) if "2. endpoints" not in line)
    assert [question[:2] for question in questions_left(text)] == ["1."]
    assert questions_left("# 1. of my own notes\nstudy: {}\n# 2. further down\n") == []


def test_lines_that_say_todo_in_values_and_comments_but_not_in_questions() -> None:
    assert [number for number, _ in todo_lines(CONFIG)] == [10, 11]
    assert todo_lines(CONFIG)[1][1] == "# column x: TODO: a stand-in"
    assert todo_lines("# TODO: mine\nstudy: {}\n") == [(1, "# TODO: mine")]
