"""Security groups of EC2 and their rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from local_aws.cloudformation.errors import ResourceError
from local_aws.cloudformation.resources.networks import NetworkProvider, add_tags
from local_aws.cloudformation.resources.provider import Provider, ResourceScope, Schema
from local_aws.cloudformation.resources.shapes import only, request

_INGRESS, _EGRESS = "ingress", "egress"
_EVERYWHERE = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
_RULE_MEMBERS = frozenset(
    {
        "CidrIp", "CidrIpv6", "Description", "DestinationPrefixListId", "DestinationSecurityGroupId", "FromPort",
        "IpProtocol", "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupOwnerId", "ToPort",
    }
)  # fmt: skip


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of a template as EC2's IpPermission."""
    told = only(rule, "Description")
    permission: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    permission |= {name: int(rule[name]) for name in ("FromPort", "ToPort") if rule.get(name) is not None}
    group = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    prefixes = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if "CidrIp" in rule:
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **told}]
    elif "CidrIpv6" in rule:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **told}]
    elif group is not None:
        owner = {"UserId": rule["SourceSecurityGroupOwnerId"]} if "SourceSecurityGroupOwnerId" in rule else {}
        permission["UserIdGroupPairs"] = [{"GroupId": group, **owner, **told}]
    elif prefixes is not None:
        permission["PrefixListIds"] = [{"PrefixListId": prefixes, **told}]
    else:
        raise ResourceError("a rule of a security group needs a CIDR block, a group or a prefix list")
    return permission


def _authorize(scope: ResourceScope, direction: str, group: str, permissions: list[dict[str, Any]]) -> list[str]:
    if not permissions:
        return []
    method = getattr(scope.client("ec2"), f"authorize_security_group_{direction}")
    made = method(**request("ec2", f"AuthorizeSecurityGroup{direction.capitalize()}",
                            {"GroupId": group, "IpPermissions": permissions}))  # fmt: skip
    return [str(rule["SecurityGroupRuleId"]) for rule in made["SecurityGroupRules"]]


def _revoke(scope: ResourceScope, direction: str, group: str, permissions: list[dict[str, Any]]) -> None:
    if permissions:
        method = getattr(scope.client("ec2"), f"revoke_security_group_{direction}")
        method(GroupId=group, IpPermissions=permissions)


def _unknown_members(rules: Any, path: str) -> Iterator[str]:
    for index, rule in enumerate(rules if isinstance(rules, list) else []):
        if isinstance(rule, dict) and (unknown := sorted(set(rule) - _RULE_MEMBERS)):
            yield f"/{path}/{index}: extraneous key [{', '.join(unknown)}] is not permitted"


class SecurityGroupProvider(NetworkProvider):
    """A security group with the rules of its own properties; Ref is its id."""

    type = "AWS::EC2::SecurityGroup"
    operation = "CreateSecurityGroup"
    own_calls = frozenset({"GroupDescription", "SecurityGroupEgress", "SecurityGroupIngress", "Tags"})
    schema = Schema.of(
        "GroupDescription GroupName SecurityGroupEgress SecurityGroupIngress Tags VpcId",
        required="GroupDescription",
        create_only="GroupDescription GroupName VpcId",
        attributes="GroupId Id",
        name="GroupName",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: unknown members of rules."""
        yield from super().problems(properties)
        for name in ("SecurityGroupIngress", "SecurityGroupEgress"):
            yield from _unknown_members(properties.get(name), name)

    def has_attribute(self, name: str) -> bool:
        """Adds: the VPC, which Fn::GetAtt gives too."""
        return name == "VpcId" or super().has_attribute(name)

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the group; its own rules of egress take the place of EC2's, which lets everything out."""
        arguments = self.request(properties) | {
            "GroupName": properties.get("GroupName") or scope.name(255),
            "Description": str(properties["GroupDescription"]),
        }
        group = scope.created(scope.client("ec2").create_security_group(**arguments)["GroupId"])
        self._set_rules(scope, group, {}, properties)
        add_tags(scope, group, properties)
        return group

    def _set_rules(self, scope: ResourceScope, group: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for direction in (_INGRESS, _EGRESS):
            before, after = self._rules(direction, old), self._rules(direction, new)
            _revoke(scope, direction, group, [rule for rule in before if rule not in after])
            _authorize(scope, direction, group, [rule for rule in after if rule not in before])

    def _rules(self, direction: str, properties: Mapping[str, Any]) -> list[dict[str, Any]]:
        own = properties.get(f"SecurityGroup{direction.capitalize()}") or []
        if direction == _EGRESS and not own:
            return [_EVERYWHERE]
        return [_permission(rule) for rule in own]

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes the rules and the tags."""
        self._set_rules(scope, physical_id, old, new)
        return super().update(scope, physical_id, old, new)

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the group."""
        del properties
        scope.client("ec2").delete_security_group(GroupId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its ids."""
        del properties
        found = scope.client("ec2").describe_security_groups(GroupIds=[physical_id])["SecurityGroups"][0]
        return {"GroupId": physical_id, "Id": physical_id, "VpcId": found.get("VpcId", "")}


class _RuleProvider(Provider):
    """A rule by itself; Ref is its id. A change of anything but the description makes another rule."""

    direction: str

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Adds the rule."""
        made = _authorize(scope, self.direction, str(properties["GroupId"]), [_permission(properties)])
        return scope.created(made[0])

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the rule anew, with its new description."""
        del physical_id
        _revoke(scope, self.direction, str(old["GroupId"]), [_permission(old)])
        return scope.created(_authorize(scope, self.direction, str(new["GroupId"]), [_permission(new)])[0])

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the rule out."""
        del physical_id
        _revoke(scope, self.direction, str(properties["GroupId"]), [_permission(properties)])

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Its id."""
        del scope, properties
        return {"Id": physical_id}


class IngressProvider(_RuleProvider):
    """Who may come in."""

    type = "AWS::EC2::SecurityGroupIngress"
    direction = _INGRESS
    schema = Schema.of(
        "CidrIp CidrIpv6 Description FromPort GroupId IpProtocol SourcePrefixListId SourceSecurityGroupId "
        "SourceSecurityGroupOwnerId ToPort",
        required="IpProtocol",
        create_only="CidrIp CidrIpv6 FromPort GroupId IpProtocol SourcePrefixListId SourceSecurityGroupId "
        "SourceSecurityGroupOwnerId ToPort",
        attributes="Id",
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: no group."""
        yield from super().problems(properties)
        if "GroupId" not in properties:
            yield "Property GroupId cannot be empty: the local AWS knows security groups by their ids"


class EgressProvider(_RuleProvider):
    """Where one may go out to."""

    type = "AWS::EC2::SecurityGroupEgress"
    direction = _EGRESS
    schema = Schema.of(
        "CidrIp CidrIpv6 Description DestinationPrefixListId DestinationSecurityGroupId FromPort GroupId IpProtocol "
        "ToPort",
        required="GroupId IpProtocol",
        create_only="CidrIp CidrIpv6 DestinationPrefixListId DestinationSecurityGroupId FromPort GroupId IpProtocol "
        "ToPort",
        attributes="Id",
    )


PROVIDERS = (SecurityGroupProvider(), IngressProvider(), EgressProvider())
