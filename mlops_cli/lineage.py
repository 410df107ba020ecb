"""What a model, a version or an endpoint was made of, as SageMaker's lineage tells it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, evolve, field, frozen
from botocore.exceptions import ClientError

from mlops_cli.errors import BAD_INPUT, UNAVAILABLE, CliError
from mlops_cli.target import Target
from mlops_cli.versions import newest_version

_DEEPEST = 10
_DIGEST, _TAGS = "ImageDigest", "tags"
_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/(?P<name>[^@:]+)")
# an image that is gone, or somebody else's
_NOT_TOLD = ("AccessDeniedException", "ImageNotFoundException", "RepositoryNotFoundException")
_PAGE = 50


@frozen(kw_only=True)
class Origin:
    """One thing in a lineage: data, an image, a job, a model, a version, a deployment, an endpoint.

    Attributes:
        arn: of its entity.
        kind: as people say it, such as ``DataSet`` or ``TrainingJob``.
        name: an address, an ARN or a name.
        facts: what else is known of it, by name.
        parameters: that a job was given.
        metrics: that a job has found.
        code: addresses that a job was given as its code.
    """

    arn: str
    kind: str
    name: str
    facts: Mapping[str, str] = field(factory=dict)
    parameters: Mapping[str, str] = field(factory=dict)
    metrics: Mapping[str, float] = field(factory=dict)
    code: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, str]:
        """All that is known of it, by name."""
        return {**self.facts, **self.parameters, **{name: f"{value:,.6g}" for name, value in self.metrics.items()}}


@define(eq=False)
class Lineage:
    """A thing and all that it came from.

    Attributes:
        start: the thing.
        origins: everything met, by ARN.
        made_of: what each came from, by ARN.
    """

    start: Origin
    origins: dict[str, Origin] = field(factory=dict)
    made_of: dict[str, list[str]] = field(factory=dict)

    def rows(self) -> Iterator[tuple[int, Origin, bool]]:
        """Depth-first: how deep, what, and whether it was told before and is not gone into again."""
        told: set[str] = set()
        waiting = [(0, self.start.arn)]
        while waiting:
            depth, arn = waiting.pop()
            again = arn in told
            yield depth, self.origins[arn], again
            if not again:
                told.add(arn)
                waiting += [(depth + 1, origin) for origin in reversed(self.made_of.get(arn, ()))]

    def document(self) -> dict[str, Any]:
        """What it was made of, sorted, and which of that came of which."""
        met = [self.origins[arn] for arn in dict.fromkeys(origin.arn for _, origin, _ in self.rows())]
        jobs = [origin for origin in met if origin.parameters or origin.kind.endswith("Job")]
        return {
            "thing": self.start.name,
            "jobs": [
                {"job": job.name, "kind": job.kind, **job.facts, "parameters": job.parameters, "metrics": job.metrics}
                for job in jobs
            ],
            "data": [origin.name for origin in met if origin.kind == "DataSet"],
            "code": [*_code(met)],
            "images": [
                {"image": origin.name, "digest": origin.facts.get(_DIGEST), "tags": origin.facts.get(_TAGS, "").split()}
                for origin in met
                if origin.kind == "Image"
            ],
            "models": [origin.name for origin in met if origin.kind in ("Model", "ModelPackage")],
            "graph": [
                {
                    "kind": origin.kind,
                    "name": origin.name,
                    "facts": dict(origin.told),
                    "made_of": [self.origins[arn].name for arn in self.made_of.get(origin.arn, ())],
                }
                for origin in met
            ],
        }


def _code(met: list[Origin]) -> Iterator[dict[str, str]]:
    """Where code lies: what jobs were given, and the commits that versions name."""
    yield from ({"uri": uri} for uri in dict.fromkeys(uri for origin in met for uri in origin.code))
    for origin in met:
        if commit := {name: origin.facts[name] for name in ("repository", "commit") if name in origin.facts}:
            yield commit


def lineage_of(target: Target, given: str) -> Lineage:
    """The lineage of a version's ARN, a group's newest version, an endpoint, or an address in S3.

    Raises:
        CliError: there is no such thing, or nothing is known of what it was made of.
    """
    start = _start(target, given)
    made_of = _ascendants(target, start)
    reader = _Reader(target)
    arns = dict.fromkeys([start, *made_of, *(origin for origins in made_of.values() for origin in origins)])
    origins = {arn: reader.read(arn) for arn in arns}
    code = {uri for origin in origins.values() for uri in origin.code}
    for arn, origin in origins.items():
        if origin.kind == "DataSet" and origin.name in code:
            origins[arn] = evolve(origin, kind=_CODE_KIND)
    return Lineage(origins[start], origins, made_of)


def _start(target: Target, given: str) -> str:
    sagemaker = target.client("sagemaker")
    source = given
    if not given.startswith(("arn:", "s3://")):
        try:
            source = sagemaker.describe_endpoint(EndpointName=given)["EndpointArn"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            source = newest_version(target, given)
    if ":endpoint/" in source:
        found = [each["ContextArn"] for each in sagemaker.list_contexts(SourceUri=source)["ContextSummaries"]]
    else:
        found = [each["ArtifactArn"] for each in sagemaker.list_artifacts(SourceUri=source)["ArtifactSummaries"]]
    if not found:
        raise CliError(
            f"no lineage is known of {source}",
            hint="SageMaker tells it some moments after a thing is made",
            exit_code=UNAVAILABLE if source.startswith("arn:") else BAD_INPUT,
        )
    return str(found[0])


def _ascendants(target: Target, start: str) -> dict[str, list[str]]:
    made_of: dict[str, list[str]] = {}
    question: dict[str, Any] = {
        "StartArns": [start],
        "Direction": "Ascendants",
        "IncludeEdges": True,
        "MaxDepth": _DEEPEST,
        "MaxResults": _PAGE,
    }
    while True:
        answer = target.client("sagemaker").query_lineage(**question)
        for edge in answer["Edges"]:
            origins = made_of.setdefault(edge["DestinationArn"], [])
            if edge["SourceArn"] not in origins:
                origins.append(edge["SourceArn"])
        if "NextToken" not in answer:
            return made_of
        question["NextToken"] = answer["NextToken"]


@define(eq=False)
class _Reader:
    """Reads entities, each by the operation of its kind."""

    target: Target

    def read(self, arn: str) -> Origin:
        kind = arn.split(":", 5)[5].partition("/")[0]
        read = {"artifact": self._artifact, "experiment-trial-component": self._component}.get(kind, self._other)
        return read(arn)

    def _artifact(self, arn: str) -> Origin:
        told = self.target.client("sagemaker").describe_artifact(ArtifactArn=arn)
        source = told["Source"]["SourceUri"]
        facts = dict(told.get("Properties", {}))
        kind = told["ArtifactType"]
        if ":model-package/" in source:
            kind = "ModelPackage"
            facts |= self._version_facts(source)
        if kind == "Image":
            facts |= self._image_facts(source, facts.get(_DIGEST))
        return Origin(arn=arn, kind=kind, name=source, facts=facts)

    def _image_facts(self, uri: str, digest: str | None) -> dict[str, str]:
        """The tags that the image has: a container's build names it by the content of its source."""
        place = _ECR.match(uri)
        if place is None or digest is None:
            return {}
        ecr = self.target.client("ecr")
        asked = {"registryId": place["account"], "repositoryName": place["name"], "imageIds": [{"imageDigest": digest}]}
        try:
            (told,) = ecr.describe_images(**asked)["imageDetails"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_TOLD:
                raise
            return {}
        return {_TAGS: " ".join(sorted(told["imageTags"]))} if told.get("imageTags") else {}

    def _version_facts(self, arn: str) -> dict[str, str]:
        try:
            told = self.target.client("sagemaker").describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            return {"status": "deleted"}
        facts = {"status": told["ModelApprovalStatus"]} if "ModelApprovalStatus" in told else {}
        containers = told.get("InferenceSpecification", {}).get("Containers", ())
        digests = [container["ImageDigest"] for container in containers if "ImageDigest" in container]
        facts |= {"image digest": ", ".join(digests)} if digests else {}
        names = {"ApprovalDescription": "reason", "SourceUri": "source"}
        facts |= {name: told[member] for member, name in names.items() if member in told}
        code = told.get("MetadataProperties", {})
        return facts | {name: code[member] for member, name in _CODE.items() if member in code}

    def _component(self, arn: str) -> Origin:
        # the operation takes ARNs as well as names
        told = self.target.client("sagemaker").describe_trial_component(TrialComponentName=arn)
        source = told.get("Source", {})
        kind = source.get("SourceType", "TrialComponent").removeprefix("SageMaker")
        parameters = {name: _value(value) for name, value in told.get("Parameters", {}).items()}
        given = told.get("InputArtifacts", {})
        return Origin(
            arn=arn,
            kind=kind,
            name=source.get("SourceArn", told["TrialComponentName"]),
            facts={"status": told.get("Status", {}).get("PrimaryStatus", "unknown")},
            parameters=parameters,
            metrics={metric["MetricName"]: metric["Last"] for metric in told.get("Metrics", ())},
            code=(
                *(given[name]["Value"] for name in _CODE_INPUTS if name in given),
                *(parameters[name].strip('"') for name in _CODE_PARAMETERS if name in parameters),
            ),
        )

    def _other(self, arn: str) -> Origin:
        sagemaker, name = self.target.client("sagemaker"), arn.rpartition("/")[2]
        if ":action/" in arn:
            told = sagemaker.describe_action(ActionName=name)
            status = {"status": told["Status"]} if "Status" in told else {}
            return Origin(arn=arn, kind=told["ActionType"], name=name, facts=status | told.get("Properties", {}))
        told = sagemaker.describe_context(ContextName=name)
        facts = told.get("Properties", {})
        return Origin(arn=arn, kind=told["ContextType"], name=told["Source"]["SourceUri"], facts=facts)


# what the SageMaker SDK and this library call a job's scripts: inputs of processing, parameters of training
_CODE_INPUTS = ("code", "entrypoint")
_CODE_PARAMETERS = ("sagemaker_submit_directory",)
_CODE_KIND = "Code"
_CODE = {"Repository": "repository", "CommitId": "commit", "GeneratedBy": "made by"}


def _value(parameter: Mapping[str, Any]) -> str:
    return f"{parameter['NumberValue']:g}" if "NumberValue" in parameter else str(parameter["StringValue"])
