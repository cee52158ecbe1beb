"""A package made by hand, small enough to be read, whose workflow is run by a stand-in for Snakemake.

The stand-in is a wheel of a dozen lines that carries out ``Snakefile`` as Python, so that building the environment from
wheels, cutting the network, rerunning and comparing are tested without the real stack (tests/workflow/test_tamper.py
has the real one).
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

VERIFY = Path(__file__).resolve().parents[3] / "scripts" / "rctflow" / "package" / "verify.py"
SNAKEFILE = """
import json, pathlib, random, runpy
seed = int(pathlib.Path(config).read_text().split()[1])
runpy.run_path("scripts/fit.py")["fit"](random.Random(seed), target)
"""
FIT = """
import pathlib
def fit(chance, target):
    for endpoint in ("tug", "grip"):
        folder = pathlib.Path("results/mini/endpoints") / endpoint
        folder.mkdir(parents=True, exist_ok=True)
        number = chance.random()
        if target in ("", "endpoint_" + endpoint):
            (folder / "results.csv").write_text(f"statistic,value\\nmean,{number:.10g}\\nn,12\\n")
    if not target:
        pathlib.Path("results/mini/config.yaml").write_text("study: mini\\n")
        pathlib.Path("results/mini/report.html").write_text(f"<p>{len(list(folder.parent.iterdir()))} endpoints</p>\\n")
"""
STAND_IN = """
import pathlib, socket, sys
arguments = sys.argv[1:]
config = arguments[-1].partition("=")[2]
target = next((word for word in arguments if word.startswith("endpoint_")), "")
exec(pathlib.Path("Snakefile").read_text(), {"config": config, "target": target})
"""
RESULTS = ("endpoints/tug/results.csv", "endpoints/grip/results.csv", "config.yaml", "report.html")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wheel(name: str, modules: dict[str, str]) -> tuple[str, bytes]:
    """(file name, bytes) of a pure Python wheel, version 9.0."""
    home = f"{name}-9.0.dist-info"
    files = {
        **modules,
        f"{home}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n",
        f"{home}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{home}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{home}/RECORD"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return f"{name}-9.0-py3-none-any.whl", buffer.getvalue()


WHEEL_FILES = dict(
    [
        wheel("toolbox", {"toolbox.py": ""}),
        wheel("snakemake", {"snakemake/__init__.py": "", "snakemake/__main__.py": STAND_IN}),
    ]
)


def record_path(output: str) -> str:
    return f"data/.snakemake/metadata/{base64.urlsafe_b64encode(output.encode()).decode()}"


def run_once(folder: Path, files: dict[str, bytes]) -> None:
    """Run the workflow of ``files`` in ``folder``, as its author did."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "stand_in.py").write_text(STAND_IN)
    subprocess.run([sys.executable, "stand_in.py", "study=config/mini.yaml"], cwd=folder, check=True)


def hand_made(folder: Path, **changes: Any) -> dict[str, bytes]:
    """The files of a good package, by path; changes: keys of package.json that shall be others."""
    python = ".".join(str(part) for part in sys.version_info[:2])
    project = {
        "Snakefile": SNAKEFILE.encode(),
        "scripts/fit.py": FIT.encode(),
        "config/mini.yaml": b"seed: 7\n",
        "environment.yml": f"dependencies:\n  - python={python}\n".encode(),
    }
    run_once(folder, project)
    results = {f"results/mini/{name}": (folder / "results" / "mini" / name).read_bytes() for name in RESULTS}
    checksums = {path: f"sha256:{digest(project[path])}" for path in ("scripts/fit.py", "config/mini.yaml")}
    record = json.dumps({"rule": "fit", "input_checksums": checksums}).encode()
    files = {f"data/{path}": content for path, content in (project | results).items()}
    files |= {record_path(path): record for path in results}
    files |= {f"data/wheels/{name}": content for name, content in WHEEL_FILES.items()}
    for lock, name in (("requirements-build.lock", "toolbox"), ("requirements.lock", "snakemake")):
        content = WHEEL_FILES[f"{name}-9.0-py3-none-any.whl"]
        files[f"data/{lock}"] = f"{name}==9.0 \\\n    --hash=sha256:{digest(content)}\n".encode()
    description = {
        "format": "rctflow-package/1",
        "study": "mini",
        "version": "1.0",
        "title": "A mini trial",
        "synthetic": True,
        "config": "config/mini.yaml",
        "data": "open",
        "raw": {},
        "results": [declared(path, content) for path, content in sorted(results.items())],
        "twin": None,
        "deidentified": None,
    }
    files["data/package.json"] = json.dumps(description | changes).encode()
    return files


def declared(path: str, content: bytes) -> dict[str, Any]:
    parts = path.split("/")
    return {
        "path": path,
        "rule": "fit",
        "endpoint": parts[3] if parts[2] == "endpoints" else "",
        "sha256": digest(content),
        "tolerance": {"relative": 1e-8, "absolute": 1e-12},
    }


def describe_again(files: dict[str, bytes]) -> None:
    """Write the hashes of the results into package.json anew, as a forger would."""
    description = json.loads(files["data/package.json"])
    for result in description["results"]:
        if f"data/{result['path']}" in files:
            result["sha256"] = digest(files[f"data/{result['path']}"])
    files["data/package.json"] = json.dumps(description).encode()


def signed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The package with its crate and hash lists, made anew."""
    payload = {path: content for path, content in files.items() if path.startswith("data/")}
    entities = [
        {"@id": path, "@type": "File", "sha256": digest(content), "contentSize": str(len(content))}
        for path, content in sorted(payload.items())
    ]
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "ro-crate-metadata.json": json.dumps({"@graph": entities}).encode(),
        "manifest-sha256.txt": listed(payload),
    }
    return payload | tags | {"tagmanifest-sha256.txt": listed(tags)}


def listed(files: dict[str, bytes]) -> bytes:
    return "".join(f"{digest(content)}  {path}\n" for path, content in sorted(files.items())).encode()


def zipped(files: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(name, content)
    return path


def verify(*arguments: Any, temporary: Path | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run verify.py as a stranger does; temporary: its TMPDIR."""
    variables = os.environ | ({"TMPDIR": str(temporary)} if temporary else {})
    command = [sys.executable, str(VERIFY), *(str(argument) for argument in arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, **options)
