"""A private view of the file system: the image's files over this machine's, all writes kept apart.

The system's folders (/usr, /etc, /opt, ...) become overlays of the image's part and the machine's; all others (/home,
/root, /tmp, /mnt, ...) show the image's part alone. The view lives in a mount namespace, and in a process namespace
where /proc can be mounted, so that everything a container started ends with it. It works for an ordinary user where
user namespaces are allowed.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from attrs import frozen

from local_aws.containers.engine import EngineError

_SHARED = frozenset({"bin", "etc", "lib", "lib32", "lib64", "libx32", "nix", "opt", "sbin", "usr", "var"})
_EMPTY = frozenset({"home", "media", "mnt", "root", "run", "srv", "tmp"})
_SYSTEM = frozenset({"dev", "proc", "sys"})
_ESSENTIAL = _SHARED - {"opt", "var"}
_TRANSIENT = _SYSTEM | {"run"}
# an ordinary user may write where the view's own layer has the folder: what images usually write to
_WRITABLE = (
    "etc",
    "opt",
    "usr/bin",
    "usr/lib",
    "usr/local/bin",
    "usr/local/lib",
    "usr/local/share",
    "var/cache",
    "var/lib",
    "var/log",
    "var/tmp",
)
_PROBE_CODE = 42
# the program is not on every machine; the file is for the machine's root alone
_NAME = """
hostname {name} 2>/dev/null || echo {name} 2>/dev/null >/proc/sys/kernel/hostname || {{
  echo "local AWS: this host cannot be named {name}: it keeps the machine's name"
}}
"""
_LAUNCH = """
cd -- "$0" || exit 125
command -v -- "$1" >/dev/null 2>&1 || {
  echo "exec: \\"$1\\": executable file not found in \\$PATH" >&2
  exit 127
}
exec "$@"
"""


@frozen(kw_only=True)
class Bind:
    """A folder or file of this machine that is seen inside.

    Attributes:
        source: on this machine.
        target: absolute path inside.
        copy_on_write: keeps the container's changes out of `source`. Default: they go to it.
    """

    source: Path
    target: Path
    copy_on_write: bool = False


@frozen(kw_only=True)
class PrivateView:
    """How this machine makes private views; `probe` finds out.

    Attributes:
        unshare: arguments of ``unshare``.
        overlay_options: further mount options of an overlay.
        own_processes: whether /proc shows the container's processes alone.
        blocked: top-level folders in which the engine's own storage lies: no overlay may stand on them.
    """

    unshare: tuple[str, ...]
    overlay_options: str
    own_processes: bool
    blocked: frozenset[str]

    @classmethod
    def probe(cls, storage: Iterable[Path]) -> "PrivateView":
        """Tries, with a real run, what this machine allows.

        Args:
            storage: folders where the engine keeps images and environments.

        Raises:
            EngineError: no private view can be made, and why.
        """
        folders = [folder.resolve() for folder in storage]
        blocked = frozenset(folder.parts[1] for folder in folders)
        if sys.platform != "linux":
            raise EngineError(f"private mounts need Linux, this is {sys.platform}")
        if blocked & _ESSENTIAL:
            raise EngineError(f"images are kept in {folders}: private mounts need another place than the system's own")
        if bad := [folder for folder in folders if set(str(folder)) & set(",:\\\n")]:
            raise EngineError(f"images are kept in {bad}: private mounts need a path without , : and \\")
        if missing := [name for name in ("unshare", "mount", "chroot") if _tool(name) is None]:
            raise EngineError(f"private mounts need the programs {', '.join(missing)}")
        reason = ""
        users: tuple[tuple[tuple[str, ...], str], ...] = ((("--map-root-user",), "userxattr"),)
        if os.geteuid() == 0:
            users = (((), ""), *users)
        for user, options in users:
            for own_processes in (True, False):
                flags = ("--mount", *user) + (("--pid", "--fork", "--kill-child") if own_processes else ())
                view = cls(unshare=flags, overlay_options=options, own_processes=own_processes, blocked=blocked)
                reason = view._try(folders[0])
                if not reason:
                    return view
        raise EngineError(f"this machine allows no private mounts: {reason}")

    def _try(self, storage: Path) -> str:
        """Why a trial run fails, or an empty text."""
        scratch = Path(tempfile.mkdtemp(dir=storage, prefix="probe-"))
        try:
            files, answers = scratch / "files", scratch / "answers"
            (files / "opt/local-aws-probe").mkdir(parents=True)
            answers.mkdir()
            program = files / "opt/local-aws-probe/program"
            program.write_text(f"#!/bin/sh\necho inside > /opt/ml/answer && exit {_PROBE_CODE}\n")
            program.chmod(0o755)
            command = self.command(
                scratch=scratch / "run",
                files=files,
                binds=[Bind(source=answers, target=Path("/opt/ml"))],
                working_dir="/opt/local-aws-probe",
                arguments=("program",),
            )
            done = subprocess.run(
                command,
                env={"PATH": "/opt/local-aws-probe:/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
            if done.returncode == _PROBE_CODE and (answers / "answer").exists():
                return ""
            return f"trial run exited with {done.returncode}: {done.stderr.strip()}"
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"trial run failed: {error}"
        finally:
            remove_tree(scratch)

    def command(
        self,
        *,
        scratch: Path,
        files: Path,
        binds: Iterable[Bind],
        working_dir: str,
        arguments: tuple[str, ...],
        hosts: Mapping[str, str] | None = None,
        hostname: str = "",
        launchers: Mapping[str, str] | None = None,
    ) -> list[str]:
        """The command line that runs a program in a view of its own.

        Args:
            scratch: new folder for what is written; `changes` tells what was.
            files: the image's files.
            binds: what is seen inside besides.
            working_dir: where the program starts.
            arguments: program (looked up on PATH inside) and arguments.
            hosts: further names in /etc/hosts.
            hostname: of the view. Default: this machine's.
            launchers: small programs put inside, text by absolute path, where the image has no file of that name.
        """
        root, work = changes(scratch), scratch / "work"
        root.mkdir(parents=True)
        work.mkdir()
        for name in self._own_folders():
            (root / name).mkdir(parents=True, exist_ok=True)
        mounts: list[_Mount] = []
        for name in sorted(self._top_level(files)):
            mounts += self._mount_top(name, root, work, files)
        for point in _mounts_below_overlays(self.blocked):
            mounts.append(_bound(point, _point(root, point, folder=point.is_dir())))
        for bind in (*self.machine_binds(), *binds):
            point = _point(root, bind.target, folder=bind.source.is_dir())
            if bind.copy_on_write:
                layer = self.copied(scratch, bind)
                layer.mkdir(parents=True)
                inner = work / ("copy-" + layer.name)
                inner.mkdir()
                mounts.append(self._overlay([bind.source], layer, inner, point))
            else:
                mounts.append(_bound(bind.source, point))
        if hosts:
            table = Path("/etc/hosts").read_text() if Path("/etc/hosts").exists() else ""
            (root / "etc").mkdir(exist_ok=True)
            (root / "etc/hosts").write_text(table + "".join(f"{ip}\t{name}\n" for name, ip in hosts.items()))
        for target, text in (launchers or {}).items():
            if not (files / target.lstrip("/")).exists():
                launcher = _point(root, Path(target), folder=False)
                launcher.write_text(text)
                launcher.chmod(0o755)
        listed = scratch / "mounts"
        listed.write_text("".join(each.row() for each in mounts))
        # one program for all mounts: each further one would cost a millisecond or two
        script = _NAME.format(name=shlex.quote(hostname)) if hostname else ""
        script += f"{_tool('mount')} -a -T {shlex.quote(str(listed))} || exit 125\n"
        launch = shlex.join([str(_tool("chroot")), str(root), "/bin/sh", "-c", _LAUNCH])
        # no exec: this shell stays as the first process, gives container-like exit codes and passes signals by
        script += f'{launch} "$@"\nexit $?\n'
        return [
            str(_tool("unshare")),
            *self.unshare,
            *(("--uts",) if hostname else ()),
            "/bin/sh",
            "-c",
            script,
            "sh",
            working_dir,
            *arguments,
        ]

    def _own_folders(self) -> list[str]:
        """System folders that the view's own layer must hold, so that its user may write to them."""
        if os.geteuid() == 0:
            return []
        return [name for name in _WRITABLE if (Path("/") / name).is_dir() and not self.hides(Path("/") / name / "x")]

    def hides(self, path: Path) -> bool:
        """Whether a path of this machine is not seen inside unless it is bound."""
        return len(path.parts) < 2 or path.parts[1] not in (_SHARED | _SYSTEM) - self.blocked

    def machine_binds(self) -> list[Bind]:
        """What every program needs of this machine and would not see: its Python, and how names are resolved."""
        prefix, names = Path(sys.base_prefix), Path("/etc/resolv.conf").resolve()
        binds = [Bind(source=prefix.resolve(), target=path) for path in dict.fromkeys((prefix, prefix.resolve()))]
        if names.is_file():
            binds.append(Bind(source=names, target=names))
        return [bind for bind in binds if self.hides(bind.target)]

    def copied(self, scratch: Path, bind: Bind) -> Path:
        """The folder that holds what a view's programs changed in a bind that is copied on write."""
        return scratch / "copies" / str(bind.target).strip("/").replace("/", "-")

    def without_mount_points(
        self, scratch: Path, binds: Iterable[Bind], launchers: Mapping[str, str] | None = None
    ) -> Path:
        """The folder of a view's changes, cleared of what only held mounts and of the launchers."""
        changed = changes(scratch)
        for target, text in (launchers or {}).items():
            launcher = changed / target.lstrip("/")
            if launcher.is_file() and launcher.read_bytes() == text.encode():
                launcher.unlink()
                _remove_empty(launcher.parent, changed)
        for name in _TRANSIENT:
            remove_tree(changed / name)
        for bind in (*self.machine_binds(), *binds):
            point = changed / str(bind.target).lstrip("/")
            if bind.source.is_file() and point.is_file():
                point.unlink()
                point = point.parent
            _remove_empty(point, changed)
        for name in self._own_folders():
            _remove_empty(changed / name, changed)
        for entry in changed.iterdir():
            host = Path("/") / entry.name
            if entry.is_symlink() and host.is_symlink():
                entry.unlink()
            elif entry.is_dir() and not entry.is_symlink() and host.is_dir() and not any(entry.iterdir()):
                entry.rmdir()
        return changed

    def _top_level(self, files: Path) -> set[str]:
        shared = {name for name in _SHARED if (Path("/") / name).is_dir()}
        return shared | _SYSTEM | _EMPTY | {entry.name for entry in files.iterdir()}

    def _mount_top(self, name: str, root: Path, work: Path, files: Path) -> "list[_Mount]":
        host, own, point = Path("/") / name, files / name, root / name
        if name in _SYSTEM:
            point.mkdir()
            if name == "proc" and self.own_processes:
                return [_Mount("proc", point, "proc", "defaults")]
            mounts = [_bound(host, point)]
            if name == "dev" and Path("/dev/shm").is_dir():  # noqa: S108 - the kernel's own name
                mounts.append(_Mount("shm", point / "shm", "tmpfs", "mode=1777"))
            return mounts
        for candidate in (own, host):
            if candidate.is_symlink():
                point.symlink_to(candidate.readlink())
                return []
        if own.is_file():
            shutil.copy2(own, point)
            return []
        shared = name in _SHARED and name not in self.blocked
        lowers = [folder for folder, used in ((own, True), (host, shared)) if used and folder.is_dir()]
        point.mkdir(exist_ok=True)
        point.chmod(0o1777 if name == "tmp" else 0o755)
        if not lowers:
            return []
        inner = work / name
        inner.mkdir()
        return [self._overlay(lowers, point, inner, point)]

    def _overlay(self, lowers: list[Path], upper: Path, work: Path, point: Path) -> "_Mount":
        options = f"lowerdir={':'.join(map(str, lowers))},upperdir={upper},workdir={work}"
        if self.overlay_options:
            options += "," + self.overlay_options
        return _Mount("overlay", point, "overlay", options)


@frozen
class _Mount:
    source: str
    point: Path
    kind: str
    options: str

    def row(self) -> str:
        """As a line of a table of file systems."""
        fields = (self.source, str(self.point), self.kind, self.options)
        return " ".join(field.replace(" ", r"\040").replace("\t", r"\011") for field in fields) + " 0 0\n"


def _bound(source: Path, point: Path) -> _Mount:
    return _Mount(str(source), point, "none", "rbind")


def changes(scratch: Path) -> Path:
    """The folder below `scratch` that holds what a view's programs wrote, deletions as character devices 0:0."""
    return scratch / "root"


def remove_tree(folder: Path) -> None:
    """Removes a folder, also what an overlay left there without any permission bits."""
    if not folder.exists():
        return
    for path, names, _ in os.walk(folder):
        for name in names:
            inner = Path(path) / name
            if not inner.is_symlink() and inner.lstat().st_mode & 0o700 != 0o700:
                inner.chmod(0o700)
    shutil.rmtree(folder)


def _remove_empty(folder: Path, top: Path) -> None:
    """Removes a folder, and those that hold it, where nothing is in them."""
    while folder != top and folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _point(root: Path, target: Path, *, folder: bool) -> Path:
    """A place to mount on, made in the view's own layer."""
    point = root / str(target).lstrip("/")
    if folder:
        point.mkdir(parents=True, exist_ok=True)
    else:
        point.parent.mkdir(parents=True, exist_ok=True)
        if not point.exists():
            point.touch()
    return point


@cache
def _mounts_below_overlays(blocked: frozenset[str]) -> tuple[Path, ...]:
    """File systems mounted inside folders that become overlays: an overlay does not show them by itself."""
    table = Path("/proc/self/mountinfo")
    shared = _SHARED - blocked - {"var"}
    points = [Path(line.split()[4].encode().decode("unicode_escape")) for line in table.read_text().splitlines()]
    inner = [point for point in points if len(point.parts) > 2 and point.parts[1] in shared]
    return tuple(point for point in inner if not any(other in point.parents for other in inner))


@cache
def _tool(name: str) -> str | None:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:" + os.environ.get("PATH", ""))
