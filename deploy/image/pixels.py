"""Chooses and installs the one image library: pillow-simd built for AVX2 where possible, otherwise Pillow.

Both install the package `PIL`, and no installer knows that they conflict, so they are kept out of the other
locks, and each is installed here only after the other was removed.
"""

import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.image.commands import CommandFailed, can_install_packages, install_packages, run, succeeds
from deploy.image.installers import Installer, path_of

PROBE_S = 60.0

HEADERS = {
    "libjpeg-dev": "stdio.h>\n#include <jpeglib.h",
    "zlib1g-dev": "zlib.h",
    "libfreetype-dev": "ft2build.h",
    "libwebp-dev": "webp/decode.h",
    "liblcms2-dev": "lcms2.h",
    "libraqm-dev": "raqm.h",
}

# Pillow silently omits features whose library it did not find, so the result is checked.
_CHECK = """
import importlib.metadata as metadata
from PIL import Image, features
missing = [name for name in ("webp", "littlecms2", "raqm", "freetype2", "jpg", "zlib") if not features.check(name)]
assert not missing, f"built without {', '.join(missing)}"
Image.effect_noise((64, 64), 32).convert("RGB").resize((32, 32), Image.Resampling.LANCZOS)
found = [d.metadata["Name"].lower() for d in metadata.distributions()
         if d.metadata["Name"].lower() in ("pillow", "pillow-simd")]
assert len(found) == 1, f"found {found}"
print(metadata.version(found[0]))
"""


class NoSimd(Exception):
    """pillow-simd cannot be built here; the text is the reason in a few words."""


def has_avx2() -> bool:
    """Return whether this processor can run the AVX2 build."""
    if platform.machine() not in {"x86_64", "AMD64"}:
        return False
    try:
        return " avx2 " in Path("/proc/cpuinfo").read_text().replace("\n", " ")
    except OSError:
        return False


def install(installer: Installer, locks: Path) -> str:
    """Leave exactly one image library in the venv of ``installer`` and return a line that names it.

    Raises CommandFailed when not even plain Pillow can be installed.
    """
    with tempfile.TemporaryDirectory(prefix="marquee-pixels-") as folder:
        return exchange(
            installer, locks, lambda: build(installer, locks, Path(folder), find_compiler(installer.python))
        )


def find_compiler(python: Path) -> str:
    """Return a compiler that finds every header the build needs, installing them if allowed.

    Raises NoSimd when there is none, or when this processor could not run the result.
    """
    if not has_avx2():
        raise NoSimd("no AVX2")
    return _compiler(path_of(python, "include"))


def build(installer: Installer, locks: Path, folder: Path, compiler: str) -> Path:
    """Build pillow-simd into ``folder`` and return it; the venv stays as it is. Raises NoSimd."""
    try:
        installer.build(locks / "pillow-simd.lock", folder, f"{compiler} -mavx2")
    except CommandFailed as exc:
        raise NoSimd("the build failed") from exc
    return folder


def exchange(installer: Installer, locks: Path, built: Callable[[], Path]) -> str:
    """Replace the image library with what ``built`` returns, or with plain Pillow if that raises NoSimd.

    Returns the line that says which it is. Raises CommandFailed when not even plain Pillow can be installed.
    """
    try:
        return f"pixels: pillow-simd {_install_simd(installer, built())} (AVX2)"
    except NoSimd as reason:
        (installer.python.parents[1] / "pixels.log").write_text(f"{reason}\n{reason.__cause__ or ''}\n")
        remove(installer)
        installer.install(locks / "pillow.lock")
        return f"pixels: Pillow {_checked(installer)} ({reason})"


def _install_simd(installer: Installer, folder: Path) -> str:
    remove(installer)
    try:
        installer.install_built(folder)
        return _checked(installer)
    except CommandFailed as exc:
        raise NoSimd("the build does not work") from exc


def _checked(installer: Installer) -> str:
    """Return the version of the one image library. Raises CommandFailed when it lacks a feature."""
    return run([installer.python, "-c", _CHECK], seconds=PROBE_S).strip()


def remove(installer: Installer) -> None:
    """Remove either library, and what an interrupted installation left of one."""
    installer.uninstall("pillow", "pillow-simd")
    for name in ("PIL", "pillow.libs"):
        shutil.rmtree(path_of(installer.python, "platlib") / name, ignore_errors=True)


def _compiler(include: Path) -> str:
    missing = _missing_packages(include)
    if missing and can_install_packages():
        print(f"set-up: installing {' '.join(missing)}", flush=True)
        install_packages(*missing)
        missing = _missing_packages(include)
    if not missing:
        return "cc"
    raise NoSimd("no compiler" if "gcc" in missing else f"no {' '.join(missing)}")


def _missing_packages(include: Path) -> list[str]:
    if shutil.which("cc") is None or not _compiles(include, "stdio.h"):
        return ["gcc", "libc6-dev", *([] if (include / "Python.h").exists() else [_python_headers()]), *HEADERS]
    headers = {_python_headers(): "Python.h", **HEADERS}
    return [package for package, header in headers.items() if not _compiles(include, header)]


def _python_headers() -> str:
    return f"python{'.'.join(platform.python_version_tuple()[:2])}-dev"


def _compiles(include: Path, header: str) -> bool:
    """Return whether the compiler, for AVX2, finds ``header``; searching folders would only guess its search path."""
    with tempfile.TemporaryDirectory(prefix="marquee-header-") as folder:
        source = Path(folder, "probe.c")
        source.write_text(f"#include <{header}>\nint main(void) {{ return 0; }}\n")
        searched = (f"-I{include}", "-I/usr/include/freetype2")
        return succeeds(["cc", "-mavx2", "-fsyntax-only", *searched, source], seconds=PROBE_S)
