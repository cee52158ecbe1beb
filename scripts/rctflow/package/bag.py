"""The BagIt files of a package (RFC 8493): every file but the last list itself stands in one of the two hash lists."""

from __future__ import annotations

from collections.abc import Mapping

from rctflow.package.zipped import Measured

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PAYLOAD = "data/"
MANIFEST, TAG_MANIFEST = "manifest-sha256.txt", "tagmanifest-sha256.txt"
INFO = "bag-info.txt"


def hash_list(files: Mapping[str, Measured]) -> bytes:
    """One line per file, by path: hash, two spaces, path (percent, CR and LF in it encoded)."""
    return "".join(f"{files[path].sha256}  {_encoded(path)}\n" for path in sorted(files)).encode()


def bag_info(payload: Mapping[str, Measured], description: Mapping[str, str]) -> bytes:
    """What the bag says of itself: ``description`` in its order, then bytes and number of the payload's files."""
    oxum = f"{sum(file.bytes for file in payload.values())}.{len(payload)}"
    lines = {**description, "Payload-Oxum": oxum}
    return "".join(f"{label}: {' '.join(value.split())}\n" for label, value in lines.items() if value).encode()


def _encoded(path: str) -> str:
    return path.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
