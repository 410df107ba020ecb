"""Operations on templates."""

import json
from typing import Any

from attrs import define

from local_aws.cloudformation.errors import ValidationError
from local_aws.cloudformation.evaluation import read_template
from local_aws.cloudformation.operations.change_sets import find_change_set
from local_aws.cloudformation.resources.registry import find_provider
from local_aws.cloudformation.service import StackService
from local_aws.cloudformation.template import Template
from local_aws.gateway.context import RequestContext
from local_aws.gateway.operations import OperationGroup, operation


def _parameter_declarations(template: Template) -> list[dict[str, Any]]:
    declarations = []
    for name, definition in template.parameters.items():
        declaration: dict[str, Any] = {
            "ParameterKey": name,
            "NoEcho": str(definition.get("NoEcho", "false")).lower() == "true",
        }
        if "Default" in definition:
            declaration["DefaultValue"] = str(definition["Default"])
        if "Description" in definition:
            declaration["Description"] = str(definition["Description"])
        declarations.append(declaration)
    return declarations


def _capabilities(template: Template) -> tuple[list[str], str | None]:
    resources = []
    named = False
    for definition in template.resources.values():
        provider = find_provider(definition.type)
        if provider is not None and provider.capability is not None:
            resources.append(definition.logical_id)
            named = named or (provider.schema.name is not None and provider.schema.name in definition.properties)
    capabilities = []
    if resources:
        capabilities.append("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
    if template.transforms:
        capabilities.append("CAPABILITY_AUTO_EXPAND")
    reason = None
    if resources:
        reason = f"The following resource(s) require capabilities: [{', '.join(resources)}]"
    return capabilities, reason


def _template_of(stacks: StackService, context: RequestContext, name: str) -> Template:
    stack = stacks.states[context].find(name)
    if stack.template is None:
        raise ValidationError(f"Stack with id {stack.name} has no template: it is under review")
    return stack.template


@define(eq=False)
class TemplateOperations(OperationGroup):
    """GetTemplate, GetTemplateSummary and ValidateTemplate.

    Args:
        stacks: the service behind them.
    """

    service = "cloudformation"
    stacks: StackService

    @operation("GetTemplate")
    def get_template(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """A stack's template as it was given, or with its macros carried out."""
        if "ChangeSetName" in parameters:
            body = find_change_set(self.stacks, context, parameters).body
            template = read_template(body)
        else:
            if "StackName" not in parameters:
                raise ValidationError("StackName or ChangeSetName must be given")
            if self.stacks.states[context].find(parameters["StackName"]).status == "REVIEW_IN_PROGRESS":
                # there is none yet; the CDK's command line asks in between and takes an empty one
                return {"TemplateBody": "{}", "StagesAvailable": ["Original", "Processed"]}
            template = _template_of(self.stacks, context, parameters["StackName"])
            body = template.body
        if parameters.get("TemplateStage") == "Processed" and template.transforms:
            body = json.dumps(template.document)
        return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}

    @operation("GetTemplateSummary")
    def get_template_summary(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """What a template declares."""
        if "StackName" in parameters:
            template = _template_of(self.stacks, context, parameters["StackName"])
        else:
            template = read_template(self.stacks.body(context, parameters))
        declarations = _parameter_declarations(template)
        for declaration in declarations:
            definition = template.parameters[declaration["ParameterKey"]]
            declaration["ParameterType"] = definition["Type"]
            if "AllowedValues" in definition:
                values = [str(value) for value in definition["AllowedValues"]]
                declaration["ParameterConstraints"] = {"AllowedValues": values}
        capabilities, reason = _capabilities(template)
        types = sorted({definition.type for definition in template.resources.values()})
        summary = {
            "Parameters": declarations,
            "Capabilities": capabilities,
            "CapabilitiesReason": reason,
            "ResourceTypes": types,
            "Version": template.document.get("AWSTemplateFormatVersion"),
            "Description": template.description,
            "DeclaredTransforms": list(template.transforms),
        }
        return {key: value for key, value in summary.items() if value is not None}

    @operation("ValidateTemplate")
    def validate_template(self, context: RequestContext, parameters: dict[str, Any]) -> dict[str, Any]:
        """Checks a template so far as that is possible without parameter values."""
        template = read_template(self.stacks.body(context, parameters))
        capabilities, reason = _capabilities(template)
        answer = {
            "Parameters": _parameter_declarations(template),
            "Capabilities": capabilities,
            "CapabilitiesReason": reason,
            "Description": template.description,
            "DeclaredTransforms": list(template.transforms),
        }
        return {key: value for key, value in answer.items() if value is not None}
