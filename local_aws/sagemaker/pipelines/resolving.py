"""Values of expressions: parameters, properties of steps, variables, and the functions on them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from local_aws.sagemaker.pipelines.failures import StepFailedError
from local_aws.sagemaker.pipelines.parameters import Value, text_of
from local_aws.sagemaker.pipelines.paths import PathError, follow, shown
from local_aws.sagemaker.pipelines.references import (
    GET,
    JOIN,
    JSON_GET,
    Get,
    JsonGet,
    function_of,
    parse_get,
    parse_json_get,
)


def moment_text(moment: datetime) -> str:
    """A time as AWS writes it: ``2026-01-31T12:00:00.123Z``."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@frozen(kw_only=True)
class Resolver:
    """Gives values to the expressions of one step.

    Attributes:
        parameters: of the execution.
        variables: of the execution and the step.
        properties: of a step by its name; None where it has none.
        read_file: reads a JSON file: of a step's property file, or of an address.
    """

    parameters: Mapping[str, Value]
    variables: Mapping[str, str]
    properties: Callable[[str], Any]
    read_file: Callable[[JsonGet], Any]

    def resolve(self, value: Any) -> Any:
        """A document with all its expressions replaced by their values.

        Raises:
            StepFailedError: a value is not there.
        """
        function = function_of(value)
        if function == GET:
            return self._get(parse_get(value[GET]))
        if function == JOIN:
            found = [self.resolve(each) for each in value[JOIN]["Values"]]
            parts = [part for each in found for part in (each if isinstance(each, list) else [each])]
            return str(value[JOIN].get("On", "")).join(text_of(part) for part in parts)
        if function == JSON_GET:
            return self._json_get(parse_json_get(value[JSON_GET]))
        if isinstance(value, dict):
            return {name: self.resolve(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner) for inner in value]
        return value

    def _get(self, reference: Get) -> Any:
        if reference.root == "Parameters":
            return self.parameters[reference.name]
        if reference.root == "Execution":
            if reference.name not in self.variables:
                raise StepFailedError(f"ClientError: Execution.{reference.name} has no value in this step")
            return self.variables[reference.name]
        try:
            found = follow(self.properties(reference.name), reference.path)
        except PathError as error:
            raise StepFailedError(
                f"ClientError: Failed to resolve Steps.{reference.name}.{shown(reference.path)}: {error}"
            ) from None
        return moment_text(found) if isinstance(found, datetime) else found

    def _json_get(self, reference: JsonGet) -> Any:
        if reference.s3_uri is not None:
            reference = JsonGet(reference.path, s3_uri=self.resolve(reference.s3_uri))
        document = self.read_file(reference)
        where = reference.s3_uri or f"property file {reference.property_file} of step {reference.step}"
        try:
            found = follow(document, reference.path)
        except PathError as error:
            raise StepFailedError(
                f"ClientError: Failed to find the path {shown(reference.path)} in {where}: {error}"
            ) from None
        if isinstance(found, (dict, list)):
            raise StepFailedError(
                f"ClientError: The path {shown(reference.path)} in {where} leads to a document, expected a single value"
            )
        return found
