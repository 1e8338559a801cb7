"""Lists the packages in an image as a CycloneDX bill of materials, for scanners and people.

It is generated from the metadata that pip left with each package, using only the standard library: it lists what is
installed, not what was requested, and generating it adds nothing to the image.
"""

import json
import os
import platform
import re
import time
import uuid
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final

NAME: Final = "sbom.cdx.json"
"""Scanners look for this file extension."""

_ROOT: Final = "marquee"
_LONGEST_LICENSE: Final = 100  # some packages put the whole text in the field for its name
_CLASSIFIER: Final = "License :: "

Json = dict[str, Any]


def write(venv: Path) -> int:
    """Write the bill of all packages in ``venv`` into it and return their number.

    Its time is ``SOURCE_DATE_EPOCH`` if set, so that the same packages produce the same file.
    """
    bill = bill_of(distributions(path=[str(site) for site in sorted(venv.glob("lib/python3*/site-packages"))]))
    (venv / NAME).write_text(json.dumps(bill, indent=1) + "\n")
    return sum(component["type"] == "library" for component in bill["components"])


def bill_of(found: Iterable[Distribution]) -> Json:
    """Return the bill: the interpreter, and each package by name, version, purl and licence."""
    packages = {component["bom-ref"]: component for component in map(_package, found)}
    components = [_interpreter(), *(packages[name] for name in sorted(packages))]
    names = [component["bom-ref"] for component in components]
    moment = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, ' '.join(names))}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)),
            "component": {"type": "application", "bom-ref": _ROOT, "name": _ROOT},
        },
        "components": components,
        "dependencies": [{"ref": _ROOT, "dependsOn": names}],
    }


def _interpreter() -> Json:
    version = platform.python_version()
    purl = f"pkg:generic/python@{version}"
    return {"type": "platform", "bom-ref": purl, "name": "python", "version": version, "purl": purl}


def _package(distribution: Distribution) -> Json:
    name, version = distribution.metadata["Name"], distribution.version
    purl = f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{version.replace('+', '%2B')}"
    package = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    licenses = _licenses(distribution)
    return package | ({"licenses": licenses} if licenses else {})


def _licenses(distribution: Distribution) -> list[Json]:
    """Return a package's statement of its licence, in the most detailed form; some have none."""
    said = distribution.metadata
    if expressions := said.get_all("License-Expression"):
        return [{"expression": expressions[0]}]
    classifiers = [each for each in said.get_all("Classifier") or () if each.startswith(_CLASSIFIER)]
    texts = [text.strip() for text in said.get_all("License") or ()]
    names = [text for text in texts if text and "\n" not in text and len(text) <= _LONGEST_LICENSE]
    names = [each.rpartition(" :: ")[2] for each in classifiers] or names
    return [{"license": {"name": name}} for name in names]
