"""Requests and answers in AWS's wire formats, by botocore's service models.

Fault mended: none; moto's routers, parsers and serializers are used from outside its own services, which moto
does not promise to keep possible. This is the only module that does.
"""

import json
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any

from attrs import frozen
from botocore.validate import ParamValidator
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from local_aws.gateway.errors import AwsError, NotAvailableLocallyError
from local_aws.service_models import shared_loader

# signing names that differ from botocore's service names: which service is told by the operation's path or target
_SERVICES_BY_SIGNING_NAME = {
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "email": ("sesv2", "ses"),
    "sagemaker": ("sagemaker", "sagemaker-runtime", "sagemaker-featurestore-runtime", "sagemaker-metrics"),
    "states": ("stepfunctions",),
    "monitoring": ("cloudwatch",),
    "eventbridge": ("events",),
    "scheduler": ("scheduler",),
    "tagging": ("resourcegroupstaggingapi",),
}


@frozen(kw_only=True)
class Call:
    """One request, understood.

    Attributes:
        service: botocore's service name.
        operation: the operation's name in the service's model.
        model: the operation's model.
        uri: the labels that the path carried.
    """

    service: str
    operation: str
    model: OperationModel
    uri: dict[str, Any]


def resolve(request: Request, signing_name: str) -> Call | None:
    """Finds the service and operation that a request means; None where botocore knows no such service."""
    for service in services_of(signing_name):
        if service not in _known_services():
            continue
        try:
            model, uri = get_service_router(service).match(request)
        except (HTTPException, NotImplementedError):
            continue
        return Call(service=service, operation=str(model.name), model=model, uri=uri)
    return None


def parse(request: Request, call: Call) -> dict[str, Any]:
    """The request's parameters as the model names them.

    Raises:
        AwsError: ``SerializationException`` (S3: ``MalformedXML``) where the body is not in the wire format,
            ``ValidationException`` naming every parameter that the model does not allow.
    """
    protocol = determine_request_protocol(call.model.service_model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](call.model)
    try:
        if protocol == "json":
            _check_json(request.data)
        parsed = dict(
            parser.parse(
                {
                    "method": request.method,
                    "values": request.values,
                    "headers": request.headers,
                    "body": request.data,
                    "url_path": request.path,
                    "url_params": call.uri,
                }
            )
        )
    except (RequestParserError, ValueError, TypeError, KeyError, AttributeError) as error:
        code = "MalformedXML" if call.service == "s3" else "SerializationException"
        raise AwsError(code, f"the request could not be read: {error}", status=400) from error
    if call.model.input_shape is not None:
        _forget_absent_lists(parsed, call.model.input_shape.members)
        report = ParamValidator().validate(parsed, call.model.input_shape)
        if report.has_errors():
            raise AwsError("ValidationException", report.generate_report())
    return parsed


def _forget_absent_lists(parsed: dict[str, Any], members: Mapping[str, Any]) -> None:
    # the parser makes a list of a query that does not name one
    for name, member in members.items():
        if (
            member.type_name == "list"
            and member.serialization.get("location") == "querystring"
            and not parsed.get(name)
        ):
            parsed.pop(name, None)


def _check_json(body: bytes) -> None:
    # the parser would take a body that is no JSON for a message
    if body and not isinstance(json.loads(body), dict):
        raise TypeError("expected a JSON object")


def answer(request: Request, call: Call, result: dict[str, Any] | AwsError) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an operation's answer, or of its error."""
    protocol = determine_request_protocol(call.model.service_model, request.content_type)
    serializer = get_serializer_class(call.service, protocol)(call.model)
    with warnings.catch_warnings():
        # moto warns of codes that the model lacks: AWS sends such codes too (ValidationException on all services)
        warnings.simplefilter("ignore")
        response = serializer.serialize(result if isinstance(result, AwsError) else dict(result))
    body = response["body"]
    status = result.status if isinstance(result, AwsError) else _status_member(call, result)
    return (
        status or response["status_code"],
        dict(response["headers"]),
        body.encode() if isinstance(body, str) else body,
    )


def _status_member(call: Call, result: dict[str, Any]) -> int | None:
    """The HTTP status where the model makes it a member of the answer, as Lambda's Invoke does; moto leaves it out."""
    members = call.model.output_shape.members if call.model.output_shape is not None else {}
    for name, member in members.items():
        if member.serialization.get("location") == "statusCode":
            return result.get(name)
    return None


def not_available(call: Call) -> NotAvailableLocallyError:
    """The error for an operation that AWS has and the local AWS does not."""
    return NotAvailableLocallyError(f"{call.service}:{call.operation}")


def services_of(signing_name: str) -> tuple[str, ...]:
    """The services, by botocore's names, that sign with a name."""
    return _SERVICES_BY_SIGNING_NAME.get(signing_name, (signing_name,))


@cache
def _known_services() -> frozenset[str]:
    return frozenset(shared_loader().list_available_services("service-2"))


__all__ = ["Call", "Request", "answer", "get_service_model", "not_available", "parse", "resolve", "services_of"]
