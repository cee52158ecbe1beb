"""``./run setup [--test]``: the environment is made by ./run itself before any verb; this verb does nothing more."""


def main(arguments: list[str]) -> int:
    """Say that the environment is ready."""
    print("rctflow: .venv is up to date" + (", tests included" if "--test" in arguments else ""))
    return 0
