"""What a processing job writes, into S3: while it runs, or when it has ended."""

import threading
from collections.abc import Callable
from pathlib import Path

from attrs import define, field, frozen

from local_aws.sagemaker.jobs.uploads import UploadError, Uploads
from local_aws.sagemaker.s3_locations import S3Location

_LOOK_SECONDS = 1.0


@frozen
class Output:
    """One output folder of one host.

    Attributes:
        folder: on this machine.
        target: where its files go.
        continuous: whether they go while the job runs.
    """

    folder: Path
    target: S3Location
    continuous: bool


@define(eq=False)
class OutputSync:
    """Keeps S3 up with the outputs that are continuous; `finish` uploads what is left of all.

    Args:
        outputs: of every host.
        uploads: gives the means to upload, with credentials that are fresh.
    """

    outputs: tuple[Output, ...]
    uploads: Callable[[], Uploads]
    _seen: dict[Path, tuple[int, int]] = field(factory=dict)
    _ended: threading.Event = field(factory=threading.Event)
    _thread: threading.Thread | None = None
    _error: UploadError | None = None

    def begin(self) -> None:
        """Starts to look for files of continuous outputs."""
        if any(output.continuous for output in self.outputs):
            self._thread = threading.Thread(target=self._follow, name="continuous outputs", daemon=True)
            self._thread.start()

    def cease(self) -> None:
        """Looks no further."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def finish(self) -> None:
        """Uploads every file that is not in S3 as it is now.

        Raises:
            UploadError: S3 or KMS refuse, now or before.
        """
        self.cease()
        if self._error is not None:
            raise self._error
        for output in self.outputs:
            self._upload(output)

    def _follow(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            try:
                for output in self.outputs:
                    if output.continuous:
                        self._upload(output)
            except UploadError as error:
                self._error = error
                return

    def _upload(self, output: Output) -> None:
        uploads = self.uploads()
        for file in sorted(output.folder.rglob("*")):
            try:
                found = file.stat()
                version = (found.st_mtime_ns, found.st_size)
                if file.is_file() and self._seen.get(file) != version:
                    uploads.file(file, output.target.join(file.relative_to(output.folder).as_posix()))
                    self._seen[file] = version
            except FileNotFoundError:  # the job took it away meanwhile
                continue
