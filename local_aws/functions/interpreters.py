"""What a function's process is started with: interpreter, its own view of AWS's libraries, layers under /opt."""

import importlib.util
import shutil
import subprocess
import sys
import threading
from functools import cached_property
from pathlib import Path

from attrs import define, field

from local_aws.functions.packages import merge
from local_aws.functions.records import FunctionVersion
from local_aws.gateway.errors import NotAvailableLocallyError
from local_aws.platform import Platform

_RUNTIMES = Path(__file__).parent / "runtimes"
_NODE_MODULES = Path(__file__).parents[2] / "node_modules"
# what AWS's Python runtime brings along
_PYTHON_LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")


@define(eq=False)
class Interpreters:
    """Finds interpreters and lays out what they see.

    Args:
        platform: the local AWS.
    """

    platform: Platform
    _lock: threading.Lock = field(factory=threading.Lock)

    @property
    def folder(self) -> Path:
        """Where the runtimes' files are."""
        return self.platform.state_dir / "functions"

    def command(self, version: FunctionVersion, opt: Path, socket: Path, token: str) -> list[str]:
        """Program and arguments that run a function's handler.

        Raises:
            NotAvailableLocallyError: there is no Node.js on this machine.
        """
        if str(version.settings["Runtime"]).startswith("python"):
            arguments = [sys.executable, "-S", "-B", "-P", str(_RUNTIMES / "python_runtime.py"), str(socket), token]
            return [*arguments, str(self.python_libraries), str(opt)]
        libraries = [str(self.node_libraries)] if self.node_libraries is not None else []
        return [self.node, str(_RUNTIMES / "node_runtime.mjs"), str(socket), token, *libraries]

    def banner(self, version: FunctionVersion) -> str:
        """The first line of a log stream: which interpreter runs, and what it was asked to be."""
        runtime = str(version.settings["Runtime"])
        if runtime.startswith("python"):
            own = f"{sys.version_info.major}.{sys.version_info.minor}"
            full = f"python:{own}.{sys.version_info.micro}"
            asked = runtime.removeprefix("python")
        else:
            full = f"nodejs:{self.node_version}"
            own, asked = self.node_version.split(".")[0], runtime.removeprefix("nodejs").removesuffix(".x")
        note = "" if own == asked else f" (the function asks for {runtime}; the local AWS has this one)"
        vpc = "\tVpcConfig has no effect on the local AWS" if "VpcConfig" in version.settings else ""
        return f"INIT_START Runtime Version: {full}{note}{vpc}"

    @cached_property
    def python_libraries(self) -> Path:
        """A folder with AWS's libraries alone: a function does not see what else the server has installed."""
        with self._lock:
            folder = self.folder / "python-runtime"
            folder.mkdir(parents=True, exist_ok=True)
            for name in _PYTHON_LIBRARIES:
                spec = importlib.util.find_spec(name)
                if spec is None or spec.origin is None:
                    continue
                source = Path(spec.origin)
                source = source.parent if source.name == "__init__.py" else source
                link = folder / source.name
                if not link.exists():
                    link.symlink_to(source)
            return folder

    @property
    def node_libraries(self) -> Path | None:
        """The folder with AWS's libraries for Node.js (`@aws-sdk`): the checkout's node_modules; None without them."""
        return _NODE_MODULES if (_NODE_MODULES / "@aws-sdk").is_dir() else None

    @cached_property
    def node(self) -> str:
        """The Node.js program: beside the server's Python, else on PATH.

        Raises:
            NotAvailableLocallyError: there is none.
        """
        beside = Path(sys.executable).parent / "node"
        found = str(beside) if beside.exists() else shutil.which("node")
        if found is None:
            raise NotAvailableLocallyError("Node.js functions on a machine without node on its PATH")
        return found

    @cached_property
    def node_version(self) -> str:
        """Such as ``24.1.0``."""
        answer = subprocess.run([self.node, "--version"], capture_output=True, text=True, check=True, timeout=30)
        return answer.stdout.strip().removeprefix("v")

    def layers(self, version: FunctionVersion) -> Path | None:
        """The merged content of a version's layers; None where it has none."""
        if not version.layers:
            return None
        names = "-".join(layer.package.folder.name[:16] for layer in version.layers)
        merged = self.folder / "layers" / names
        with self._lock:
            if not merged.exists():
                part = merged.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                merge([layer.package.folder for layer in version.layers], part)
                part.rename(merged)
        return merged

    @cached_property
    def private_opt(self) -> tuple[str, ...] | None:
        """How to run a program with an /opt of its own: ``unshare`` with its options, None where that fails.

        The last argument of the shell that follows is the folder to mount. Where the interpreters themselves live
        under /opt it cannot be replaced.
        """
        opt = Path("/opt")
        programs = [sys.executable, sys.prefix, sys.base_prefix, str(self.platform.state_dir), str(_RUNTIMES)]
        if not opt.is_dir() or any(Path(name).resolve().is_relative_to(opt) for name in programs):
            return None
        node = shutil.which("node")
        if node is not None and Path(node).resolve().is_relative_to(opt):
            return None
        for options in (("-m",), ("-Urm",)):
            command = ("unshare", *options, "--", "sh", "-c", 'mount --bind "$0" /opt && exec "$@"')
            try:
                trial = subprocess.run([*command, str(_RUNTIMES), "true"], capture_output=True, check=False, timeout=30)
            except OSError:
                return None
            if trial.returncode == 0:
                return command
        return None
