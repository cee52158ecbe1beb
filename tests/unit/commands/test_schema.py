"""What is generated from the typed config is up to date."""

from rctflow.commands import schema


def test_generated_files_are_current(root):
    remedy = "run ./run schema"
    assert (root / schema.README).read_text() == schema.readme_text(), remedy
    assert (root / schema.SCHEMA).read_text() == schema.schema_text(), remedy


def test_every_section_is_documented():
    assert [kind for kind, _ in schema._sections(schema.Study, "") if not (kind.__doc__ or "").strip()] == []
