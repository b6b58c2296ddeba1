"""Builds plugins: `python build.py [--out FOLDER] PLUGIN…` prints the path of each component, a line each.

`meadhall plugin build` runs it, with the Python of the folder's `.venv` where there is one. What is wrong is told on
standard error, in sentences. Nothing is built again when no input has changed.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import NoReturn

COMPONENTIZE_PY = "0.25.1"
"""The version that this SDK is tested with."""

SDK = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
ENTRY = "meadhall_entry"
NOT_INPUTS = {"build", "sdk", "__pycache__", "node_modules", "target", "test.toml"}


def fail(sentence: str) -> NoReturn:
    """Ends with a sentence about what is wrong."""
    sys.exit(sentence)


def main() -> None:
    """Builds the plugins in the folders that are the arguments, each into its own `build` or into `--out`."""
    parser = argparse.ArgumentParser(description="Builds Meadhall plugins in Python.")
    parser.add_argument("--out", type=Path, help="where the components go, instead of `build` in each folder")
    parser.add_argument("plugins", nargs="+", type=Path)
    arguments = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        fail(f"this is Python {found} ({sys.executable}), and plugins are built with 3.11 or later: python.org has it")
    for folder in arguments.plugins:
        print(build(folder.resolve(), arguments.out), flush=True)


def build(folder: Path, out: Path | None) -> Path:
    """Builds one plugin, unless nothing has changed since, and returns the path of its component."""
    name, version = project(folder)
    tool = find_tool(folder)
    component = (out.resolve() if out else folder / "build") / f"{name.replace('-', '_')}.wasm"
    stamp = component.with_suffix(".inputs")
    inputs = digest(folder)
    if not (component.is_file() and stamp.is_file() and stamp.read_text() == inputs):
        check(folder)
        component.parent.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        componentize(tool, folder, version, component)
        stamp.write_text(inputs)
    return component


def project(folder: Path) -> tuple[str, str]:
    """Name and version of the plugin."""
    import tomllib

    manifest = folder / "pyproject.toml"
    try:
        with manifest.open("rb") as file:
            table = tomllib.load(file).get("project", {})
    except (OSError, ValueError) as error:
        fail(f"{manifest} cannot be read: {error}")
    name, version = table.get("name"), table.get("version", "0.0.0")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]*", name) or not isinstance(version, str):
        fail(f"{manifest} needs a name of lower-case letters, digits, `-` and `_` and a version under [project]")
    if not (folder / "plugin.py").is_file():
        fail(f"{folder} has no plugin.py, the file that a plugin begins with")
    return name, version


def find_tool(folder: Path) -> str:
    """The path of componentize-py, beside this Python or on the PATH."""
    beside = Path(sys.executable).parent / ("componentize-py.exe" if os.name == "nt" else "componentize-py")
    tool = str(beside) if beside.is_file() else shutil.which("componentize-py")
    install = f"cd {folder} && python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
    if tool is None:
        fail(f"componentize-py, which makes components of Python, is missing; this installs it:\n    {install}")
    asked = subprocess.run([tool, "--version"], capture_output=True, text=True)
    if asked.stdout.split()[-1:] != [COMPONENTIZE_PY]:
        found = asked.stdout.strip() or asked.stderr.strip()
        fail(f"{tool} is {found!r}, and this SDK needs {COMPONENTIZE_PY}; this installs it:\n    {install}")
    return tool


def packages() -> Path | None:
    """The packages of the folder's `.venv`; those of the machine's own Python are nobody's dependency."""
    if sys.prefix == sys.base_prefix:
        return None
    return Path(sysconfig.get_path("purelib"))


def wit() -> Path:
    """The contract, which lies in the SDK of a plugin, and at the root of the repository that the SDK is from."""
    return SDK / "wit" if (SDK / "wit").is_dir() else SDK.parent.parent / "wit"


def digest(folder: Path) -> str:
    """A hash of all that a component is made of."""
    hashed = hashlib.sha256(f"{COMPONENTIZE_PY} {sys.version}".encode())
    installed = packages()
    if installed is not None:
        hashed.update(" ".join(sorted(it.name for it in installed.glob("*.dist-info"))).encode())
    for root in (folder, SDK, wit()):
        for path in files(root):
            hashed.update(f"\n{path.relative_to(root)}\n".encode())
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


def files(root: Path) -> list[Path]:
    """The files below a folder, without what was built, what servers and tests have there, and what is hidden."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [it for it in folders if is_input(it) and not is_data(Path(folder, it))]
        found += [Path(folder, it) for it in names if is_input(it) and not it.endswith((".pyc", ".md"))]
    return sorted(found)


def is_input(name: str) -> bool:
    """Whether a file or folder of this name may be part of a component."""
    return name not in NOT_INPUTS and not name.startswith(".")


def is_data(folder: Path) -> bool:
    """Whether a server keeps its data here: `meadhall serve` does so in `data`, a name that a package may have too."""
    return (folder / "store").is_dir() and (folder / "commits").is_file()


def check(folder: Path) -> None:
    """Imports the plugin here: that shows most mistakes at once, and making a component takes a while."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(SDK)])}
    command = [sys.executable, "-B", "-c", "from meadhall import _build; _build.check('plugin')"]
    imported = subprocess.run(command, cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=2, text=True)
    if imported.returncode != 0:
        fail(imported.stderr.strip())


def componentize(tool: str, folder: Path, version: str, component: Path) -> None:
    """Makes the component."""
    with tempfile.TemporaryDirectory() as scratch:
        entry = (
            "import sys\n"
            "sys.dont_write_bytecode = True\n"  # it would go into the folders that are read
            f"from meadhall import _build\n_build.load('plugin', {version!r})\nfrom meadhall._component import *\n"
        )
        Path(scratch, f"{ENTRY}.py").write_text(entry)
        paths = [str(folder), str(SDK), scratch]
        if (installed := packages()) is not None:
            paths.append(str(installed))
        command = [tool, "--quiet", "--wit-path", str(wit()), "--world", "plugin", "componentize"]
        command += [part for path in paths for part in ("--python-path", path)]
        made = Path(scratch, component.name)
        # What an interpreter finds around it while it is built would stay in the component.
        environment = {"PATH": os.environ.get("PATH", "")}
        ran = subprocess.run(
            [*command, ENTRY, "--output", str(made)], env=environment, capture_output=True, text=True
        )
        if ran.returncode != 0:
            fail(said(ran.stderr))
        shutil.copyfile(made, component)


def said(output: str) -> str:
    """What the plugin's own import said, or else what the tool did, without its stack."""
    marked = output.split("\x1d")
    if len(marked) > 2:
        return marked[1]
    text = output.split("AssertionError:", 1)[-1].split("Stack backtrace:", 1)[0].strip()
    return f"componentize-py failed: {text}"


if __name__ == "__main__":
    main()
