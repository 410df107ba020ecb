"""CodeBuild's operations on projects."""

from typing import Any, ClassVar

from botocore.exceptions import ClientError

from local_aws.codebuild.execution import SERVICE_PRINCIPAL
from local_aws.codebuild.state import CodeBuildState, now
from local_aws.codebuild.validation import check_project, invalid
from local_aws.gateway.context import RegionalState, RequestContext
from local_aws.gateway.errors import AwsError
from local_aws.gateway.operations import OperationGroup, operation
from local_aws.platform import Platform

PAGE_SIZE = 100


class ProjectOperations(OperationGroup):
    """CreateProject and its kin.

    Args:
        platform: the local AWS.
        states: shared with the operations on builds.
    """

    service: ClassVar[str] = "codebuild"

    def __init__(self, platform: Platform, states: RegionalState[CodeBuildState]) -> None:
        self._platform = platform
        self._states = states

    @operation("CreateProject")
    def create_project(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Creates a project."""
        project = {**_defaults(context), **request}
        check_project(project)
        self._check_role(project)
        state = self._states[context]
        with state.lock:
            if project["name"] in state.projects:
                raise AwsError(
                    "ResourceAlreadyExistsException", f"Project already exists: {_arn(context, project['name'])}"
                )
            moment = now()
            project |= {"arn": _arn(context, project["name"]), "created": moment, "lastModified": moment}
            state.projects[project["name"]] = _shown(project)
            return {"project": _shown(project)}

    @operation("UpdateProject")
    def update_project(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Replaces what the request gives; all else stays."""
        state = self._states[context]
        with state.lock:
            known = find_project(state, context, request["name"])
        project = {**known, **{name: value for name, value in request.items() if name != "name"}}
        if request.get("concurrentBuildLimit") == -1:
            del project["concurrentBuildLimit"]
        check_project(project)
        if project["serviceRole"] != known["serviceRole"]:
            self._check_role(project)
        with state.lock:
            project["lastModified"] = now()
            state.projects[project["name"]] = _shown(project)
            return {"project": _shown(project)}

    @operation("DeleteProject")
    def delete_project(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Deletes a project; its builds stay, as on AWS."""
        state = self._states[context]
        with state.lock:
            state.projects.pop(project_name(request["name"]), None)
        return {}

    @operation("BatchGetProjects")
    def batch_get_projects(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Projects by name or ARN."""
        state = self._states[context]
        found, missing = [], []
        with state.lock:
            for name in dict.fromkeys(request["names"]):
                project = state.projects.get(project_name(name))
                if project is None:
                    missing.append(name)
                else:
                    found.append(project)
        return {"projects": found, "projectsNotFound": missing}

    @operation("ListProjects")
    def list_projects(self, context: RequestContext, request: dict[str, Any]) -> dict[str, Any]:
        """Names of projects, a page at a time."""
        state = self._states[context]
        keys = {
            "NAME": lambda project: project["name"],
            "CREATED_TIME": lambda project: project["created"],
            "LAST_MODIFIED_TIME": lambda project: project["lastModified"],
        }
        by = request.get("sortBy", "NAME")
        if by not in keys:
            raise invalid(f"Invalid sortBy {by!r}: expected one of {', '.join(keys)}")
        with state.lock:
            projects = sorted(state.projects.values(), key=keys[by], reverse=descending(request, "ASCENDING"))
        return page([project["name"] for project in projects], request, "projects")

    def _check_role(self, project: dict[str, Any]) -> None:
        try:
            self._platform.assume(
                project["serviceRole"], session="AWSCodeBuild-check", service_principal=SERVICE_PRINCIPAL
            )
        except ClientError as error:
            raise invalid(
                f"CodeBuild is not authorized to perform: sts:AssumeRole on {project['serviceRole']}"
            ) from error


def find_project(state: CodeBuildState, context: RequestContext, name: str) -> dict[str, Any]:
    """A project by name or ARN; the caller holds the state's lock.

    Raises:
        AwsError: ``ResourceNotFoundException``.
    """
    project = state.projects.get(project_name(name))
    if project is None:
        raise AwsError("ResourceNotFoundException", f"Project cannot be found: {_arn(context, project_name(name))}")
    return project


def project_name(name_or_arn: str) -> str:
    """The name in an ARN, or the name itself."""
    return name_or_arn.rpartition(":project/")[2]


def descending(request: dict[str, Any], default: str) -> bool:
    """Whether a list was asked for in descending order."""
    order = request.get("sortOrder", default)
    if order not in {"ASCENDING", "DESCENDING"}:
        raise invalid(f"Invalid sortOrder {order!r}: expected ASCENDING or DESCENDING")
    return bool(order == "DESCENDING")


def page(entries: list[str], request: dict[str, Any], member: str) -> dict[str, Any]:
    """One page of a list, with the token of the next.

    Raises:
        AwsError: ``InvalidInputException`` for a token that this service did not give.
    """
    token = request.get("nextToken", "0")
    if not token.isdigit():
        raise invalid(f"Invalid nextToken: {token!r}")
    start = int(token)
    answer: dict[str, Any] = {member: entries[start : start + PAGE_SIZE]}
    if start + PAGE_SIZE < len(entries):
        answer["nextToken"] = str(start + PAGE_SIZE)
    return answer


def _arn(context: RequestContext, name: str) -> str:
    return f"arn:aws:codebuild:{context.region}:{context.account}:project/{name}"


def _defaults(context: RequestContext) -> dict[str, Any]:
    return {
        "timeoutInMinutes": 60,
        "queuedTimeoutInMinutes": 480,
        "encryptionKey": f"arn:aws:kms:{context.region}:{context.account}:alias/aws/s3",
        "tags": [],
        "cache": {"type": "NO_CACHE"},
        "projectVisibility": "PRIVATE",
    }


def _shown(project: dict[str, Any]) -> dict[str, Any]:
    """The project as AWS shows it: badges as a structure, defaults of artifacts and environment filled in."""
    shown = {name: value for name, value in project.items() if name != "badgeEnabled"}
    known = project.get("badge", {}).get("badgeEnabled", False)
    shown["badge"] = {"badgeEnabled": project.get("badgeEnabled", known)}
    artifacts = dict(project["artifacts"])
    if artifacts["type"] == "S3":
        artifacts = {
            "name": project["name"],
            "namespaceType": "NONE",
            "packaging": "NONE",
            "encryptionDisabled": False,
            **artifacts,
        }
    shown["artifacts"] = artifacts
    variables = [{"type": "PLAINTEXT", **each} for each in project["environment"].get("environmentVariables", [])]
    shown["environment"] = {
        "privilegedMode": False,
        "imagePullCredentialsType": "CODEBUILD",
        **project["environment"],
        "environmentVariables": variables,
    }
    return shown
