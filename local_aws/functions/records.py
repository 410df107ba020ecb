"""What Lambda remembers: functions, their versions and aliases, and layers."""

import threading
import uuid
from datetime import UTC, datetime
from typing import Any

from attrs import define, field, frozen

from local_aws.functions.names import LATEST, FunctionName
from local_aws.functions.packages import Package
from local_aws.gateway.context import RegionalState
from local_aws.gateway.errors import AwsError


def modified_now() -> str:
    """The time in the form of ``LastModified``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


@frozen(kw_only=True)
class LayerVersion:
    """One immutable version of a layer.

    Attributes:
        arn: of this version.
        number: 1, 2, …
        package: its content, which a function sees under /opt.
        created: time of publication.
        members: Description, LicenseInfo, CompatibleRuntimes, CompatibleArchitectures, as given.
    """

    arn: str
    number: int
    package: Package
    created: str
    members: dict[str, Any]


@frozen(kw_only=True)
class FunctionVersion:
    """Code and settings of a function at one point: ``$LATEST``, replaced on each change, or a published version.

    Attributes:
        name: the function.
        number: ``$LATEST`` or ``1``, ``2``, …
        settings: the members of CreateFunction that a client may set, defaults filled in.
        package: the code.
        layers: in the order of the settings.
        revision_id: new with every change.
        last_modified: time of the last change.
    """

    name: FunctionName
    number: str
    settings: dict[str, Any]
    package: Package
    layers: tuple[LayerVersion, ...] = ()
    revision_id: str = field(factory=lambda: str(uuid.uuid4()))
    last_modified: str = field(factory=modified_now)

    @property
    def arn(self) -> str:
        """With the version's number, also for ``$LATEST``."""
        return self.name.qualified(self.number).arn

    @property
    def log_group(self) -> str:
        """The log group that its output goes to."""
        return str(self.settings["LoggingConfig"]["LogGroup"])

    def describe(self, *, qualified: bool = False) -> dict[str, Any]:
        """The members of a FunctionConfiguration.

        Args:
            qualified: whether the ARN of ``$LATEST`` shows its qualifier.
        """
        settings = dict(self.settings)
        layers = [{"Arn": layer.arn, "CodeSize": layer.package.size} for layer in self.layers]
        environment = settings.pop("Environment", None)
        answer = {
            **settings,
            "FunctionName": self.name.name,
            "FunctionArn": self.arn if qualified or self.number != LATEST else self.name.arn,
            "CodeSize": self.package.size,
            "CodeSha256": self.package.sha256,
            "Version": self.number,
            "LastModified": self.last_modified,
            "RevisionId": self.revision_id,
            "PackageType": "Zip",
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }
        if environment is not None and environment.get("Variables"):
            answer["Environment"] = environment
        answer.pop("Layers", None)
        if layers:
            answer["Layers"] = layers
        return answer


@define(kw_only=True)
class Alias:
    """A name for a version, or for two with weights.

    Attributes:
        name: of the alias.
        version: the version it points at.
        description: free text.
        weights: additional version to the share of invocations it gets, 0 to 1.
        revision_id: new with every change.
    """

    name: str
    version: str
    description: str = ""
    weights: dict[str, float] = field(factory=dict)
    revision_id: str = field(factory=lambda: str(uuid.uuid4()))


@define(kw_only=True, eq=False)
class Function:
    """A function with all that hangs on it.

    Attributes:
        latest: ``$LATEST``.
        versions: published versions by number.
        aliases: by name.
        tags: of the function.
        policies: statements of the resource policy, by qualifier (None: the function itself), then statement id.
        policy_revisions: revision id of each of these policies.
        reserved_concurrency: None: unreserved; 0: throttled.
        event_invoke: settings of asynchronous invocation, by qualifier (``$LATEST``, version or alias).
        recursion: RecursiveLoop, ``Terminate`` or ``Allow``.
        in_flight: invocations that run now.
    """

    latest: FunctionVersion
    versions: dict[str, FunctionVersion] = field(factory=dict)
    last_number: int = 0
    aliases: dict[str, Alias] = field(factory=dict)
    tags: dict[str, str] = field(factory=dict)
    policies: dict[str | None, dict[str, dict[str, Any]]] = field(factory=dict)
    policy_revisions: dict[str | None, str] = field(factory=dict)
    reserved_concurrency: int | None = None
    event_invoke: dict[str, dict[str, Any]] = field(factory=dict)
    in_flight: int = 0

    def version(self, name: FunctionName) -> FunctionVersion:
        """The version that a name means: of an alias, the one with the larger weight.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        qualifier = name.qualifier
        if qualifier is None or qualifier == LATEST:
            return self.latest
        alias = self.aliases.get(qualifier)
        found = self.versions.get(qualifier if alias is None else alias.version)
        if alias is not None and alias.version == LATEST:
            found = self.latest
        if found is None:
            raise not_found(name)
        return found

    def alias(self, name: FunctionName) -> Alias:
        """The alias that a name's qualifier means.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        if name.qualifier is None or name.qualifier not in self.aliases:
            raise AwsError("ResourceNotFoundException", f"Cannot find alias arn: {name.arn}", Type="User")
        return self.aliases[name.qualifier]


def not_found(name: FunctionName) -> AwsError:
    """The error for a function, version or alias that does not exist."""
    return AwsError("ResourceNotFoundException", f"Function not found: {name.arn}", Type="User")


@define(eq=False)
class Region:
    """The functions and layers of one account and region."""

    functions: dict[str, Function] = field(factory=dict)
    layers: dict[str, dict[int, LayerVersion]] = field(factory=dict)
    layer_numbers: dict[str, int] = field(factory=dict)
    layer_policies: dict[str, dict[str, dict[str, Any]]] = field(factory=dict)


@define(eq=False)
class Registry:
    """All functions and layers. `lock` guards every read and change; it is never held across a call."""

    regions: RegionalState[Region] = field(factory=lambda: RegionalState(Region))
    lock: threading.RLock = field(factory=threading.RLock)

    def region(self, account: str, region: str) -> Region:
        """The records of one account and region."""
        return self.regions.of(account, region)

    def function(self, name: FunctionName) -> Function:
        """The function that a name means, whatever its qualifier.

        Raises:
            AwsError: ``ResourceNotFoundException``.
        """
        with self.lock:
            function = self.region(name.account, name.region).functions.get(name.name)
        if function is None:
            raise not_found(name)
        return function

    def layer_version(self, arn: str) -> LayerVersion | None:
        """The layer version of an ARN, None where there is none."""
        parts = arn.split(":")
        if len(parts) != 8 or not parts[7].isdigit():
            return None
        with self.lock:
            return self.region(parts[4], parts[3]).layers.get(parts[6], {}).get(int(parts[7]))
