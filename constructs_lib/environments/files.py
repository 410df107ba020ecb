"""Files that jobs read by their names, such as scripts: uploaded at deployment."""

from hashlib import sha256
from pathlib import Path

from aws_cdk import AssetStaging, FileAssetLocation, FileAssetPackaging, IgnoreMode, Stack
from constructs import Construct

NOT_SOURCE = ["__pycache__/", "*.py[co]", ".git/", ".DS_Store", ".venv/", ".ipynb_checkpoints/"]
"""What Python, git and editors leave in a folder, as patterns of git's: it must not change the hash of its content."""


class SourceFiles(Construct):
    """A folder's files in S3, each under its own name, for jobs that take them as inputs.

    They are assets of the app: ``cdk deploy`` uploads them to the bootstrap bucket, under a prefix that is the hash of
    the whole folder's content. What a deployed workflow reads therefore never changes under it; an execution that
    began before an update goes on with the files of its time. They cost what storage costs.

    Steps that read one file each name it by `file_uri`, so that a change of another file leaves them in the cache.

    Examples:
        >>> import tempfile; folder = Path(tempfile.mkdtemp()); _ = (folder / "train.py").write_text("print()")
        >>> from aws_cdk import App
        >>> code = SourceFiles(Stack(App(), "Training"), "Code", folder=folder)
        >>> code.files
        ('train.py',)
        >>> code.uri.endswith(code.content_hash)
        True
        >>> code.file_uri("train.py").endswith("/train.py")
        True
    """

    def __init__(self, scope: Construct, construct_id: str, *, folder: Path | str) -> None:
        """Defines the assets.

        Args:
            scope: where they are defined.
            construct_id: their name there.
            folder: with the files, in folders of their own or not; what Python, git and editors leave is left out.

        Raises:
            ValueError: the folder is missing, there is no file in it, or the stack was given a synthesizer that was
                made in Python, whose assets Python cannot name. The CDK's own one takes the qualifier of another
                bootstrap from the context ``@aws-cdk/core:bootstrapQualifier``.
        """
        super().__init__(scope, construct_id)
        source = Path(folder).resolve()
        if not source.is_dir():
            raise ValueError(f"{self.node.path}: folder: got {str(folder)!r}, expected a folder")
        staging = AssetStaging(self, "Staging", source_path=str(source), exclude=NOT_SOURCE, ignore_mode=IgnoreMode.GIT)
        staged = Path(staging.absolute_staged_path)
        paths = sorted(path.relative_to(staged) for path in staged.rglob("*") if path.is_file())
        if not paths:
            raise ValueError(f"{self.node.path}: folder: got {str(folder)!r}, expected one with files")
        self.content_hash: str = staging.asset_hash
        """Of all the files."""
        self.files = tuple(path.as_posix() for path in paths)
        """Their paths in the folder, and under `uri`."""
        stack = Stack.of(self)
        relative = staging.relative_staged_path(stack)
        locations = [self._upload(stack, relative, path) for path in paths]
        key = locations[0].object_key.removesuffix(f"/{self.files[0]}")
        self.uri: str = f"s3://{locations[0].bucket_name}/{key}"
        """The prefix: the address of a file is this, a slash, and its path."""
        self._staged = staged
        self._relative = relative

    def file_uri(self, path: str) -> str:
        """The address of one file under the hash of its own content, which other files do not change.

        Args:
            path: of the file in the folder, as in `files`.

        Raises:
            ValueError: there is no such file.
        """
        if path not in self.files:
            raise ValueError(f"{self.node.path}: path: got {path!r}, expected one of: {', '.join(self.files)}")
        own = sha256((self._staged / path).read_bytes()).hexdigest()
        location = self._upload(Stack.of(self), self._relative, Path(path), content_hash=own)
        return f"s3://{location.bucket_name}/{location.object_key}"

    def _upload(self, stack: Stack, folder: str, path: Path, *, content_hash: str | None = None) -> FileAssetLocation:
        """Makes a file an asset; its key is the asset's id and the file's ending, so that it keeps its name."""
        prefix = self.content_hash if content_hash is None else content_hash
        try:
            return stack.synthesizer.add_file_asset(
                source_hash=f"{prefix}/{path.with_suffix('').as_posix()}",
                file_name=f"{folder}/{path.as_posix()}",
                packaging=FileAssetPackaging.FILE,
            )
        except RuntimeError as error:
            if "must be bound" not in str(error):
                raise
            # jsii answers with the synthesizer as it was before the stack made it its own
            raise ValueError(
                f"{self.node.path}: the stack's synthesizer: got one made in Python, expected the CDK's own"
            ) from error
