"""Copies: Helm reads nothing outside its chart, so rules and dashboards of `deploy/` lie in the chart a second time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]
FOLDERS: Final = (("alerts", "*.yaml"), ("dashboards", "*.json"))


def write_copies(chart: Path, deploy: Path = ROOT / "deploy" / "monitoring") -> list[Path]:
    """Make the chart's copies equal to the originals and return those that were not."""
    changed: list[Path] = []
    for original, copy in _pairs(chart, deploy):
        if original is None:
            copy.unlink()
        elif not copy.exists() or copy.read_bytes() != original.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(original.read_bytes())
        else:
            continue
        changed.append(copy)
    return changed


def stale_copies(chart: Path, deploy: Path = ROOT / "deploy" / "monitoring") -> Iterator[str]:
    """Yield a sentence for each copy that is not its original's equal."""
    for original, copy in _pairs(chart, deploy):
        if original is None:
            yield f"{copy.name} in the chart has no original any more; run make chart."
        elif not copy.exists() or copy.read_bytes() != original.read_bytes():
            yield f"{copy.name} in the chart is not what {original.parent.name}/ has; run make chart."


def _pairs(chart: Path, deploy: Path) -> Iterator[tuple[Path | None, Path]]:
    """Yield each original with where its copy belongs, and each copy without an original."""
    for folder, pattern in FOLDERS:
        target = chart / "files" / folder
        originals = {path.name: path for path in (deploy / folder).glob(pattern) if _is_for_the_cluster(path)}
        copies = {path.name for path in target.glob("*")} if target.exists() else set()
        for name in sorted(originals.keys() | copies):
            yield originals.get(name), target / name


def _is_for_the_cluster(path: Path) -> bool:
    """Tell rules from their tests, which lie beside them."""
    return path.suffix != ".yaml" or any(line.startswith("groups:") for line in path.read_text().splitlines())
