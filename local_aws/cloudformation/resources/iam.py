"""AWS IAM: roles, policies, instance profiles, users, groups and access keys."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation.errors import is_absent
from local_aws.cloudformation.resources.provider import (
    Provider,
    ResourceScope,
    Schema,
    changed_properties,
    tag_changes,
    tag_list,
    tags_of,
)
from local_aws.cloudformation.resources.shapes import json_text, only, request

_IAM = "CAPABILITY_IAM"


def _attempt(method: Any, **arguments: Any) -> None:
    """A removal of something that may be gone already."""
    try:
        method(**arguments)
    except ClientError as error:
        if not is_absent(error):
            raise


def _inline(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies") or []}


class _Identity(Provider):
    """What roles, users and groups share: inline and managed policies.

    Attributes:
        kind: Role, User or Group, as in the names of IAM's operations.
    """

    capability = _IAM
    kind: str

    def _call(self, client: Any, verb: str, name: str, **arguments: Any) -> Any:
        method = getattr(client, verb.format(kind=self.kind.lower()))
        return method(**{f"{self.kind}Name": name}, **arguments)

    def set_policies(self, client: Any, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Turns the policies of old properties into those of new ones."""
        before, after = _inline(old), _inline(new)
        for policy, document in after.items():
            if before.get(policy) != document:
                text = json_text(document)
                self._call(client, "put_{kind}_policy", name, PolicyName=policy, PolicyDocument=text)
        attached, wanted = old.get("ManagedPolicyArns") or [], new.get("ManagedPolicyArns") or []
        for arn in wanted:
            if arn not in attached:
                self._call(client, "attach_{kind}_policy", name, PolicyArn=arn)
        for policy in before.keys() - after.keys():
            self._remove(client, "delete_{kind}_policy", name, PolicyName=policy)
        for arn in attached:
            if arn not in wanted:
                self._remove(client, "detach_{kind}_policy", name, PolicyArn=arn)

    def _remove(self, client: Any, verb: str, name: str, **arguments: Any) -> None:
        method = getattr(client, verb.format(kind=self.kind.lower()))
        _attempt(method, **{f"{self.kind}Name": name}, **arguments)

    def set_boundary(self, client: Any, name: str, new: Mapping[str, Any]) -> None:
        """Puts or removes the permissions boundary."""
        if new.get("PermissionsBoundary"):
            self._call(client, "put_{kind}_permissions_boundary", name, PermissionsBoundary=new["PermissionsBoundary"])
        else:
            self._remove(client, "delete_{kind}_permissions_boundary", name)

    def set_tags(self, client: Any, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Turns old tags into new ones."""
        added, removed = tag_changes(old, new)
        if removed:
            self._call(client, "untag_{kind}", name, TagKeys=removed)
        if added:
            self._call(client, "tag_{kind}", name, Tags=tag_list(added))

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes it with the policies that the template gave it."""
        client = scope.client("iam")
        self.set_policies(client, physical_id, properties, {})
        self._call(client, "delete_{kind}", physical_id)


class RoleProvider(_Identity):
    """A role."""

    type = "AWS::IAM::Role"
    kind = "Role"
    schema = Schema.of(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary Policies "
        "RoleName Tags",
        required="AssumeRolePolicyDocument",
        create_only="Path RoleName",
        attributes="Arn RoleId",
        name="RoleName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the role, then its policies."""
        client = scope.client("iam")
        name = str(properties.get("RoleName") or scope.name(64))
        arguments = only(properties, "Description", "MaxSessionDuration", "Path", "PermissionsBoundary")
        arguments |= {
            "RoleName": name,
            "AssumeRolePolicyDocument": json_text(properties["AssumeRolePolicyDocument"]),
            "Tags": tag_list(tags_of(properties)),
        }
        client.create_role(**request("iam", "CreateRole", arguments))
        scope.created(name)
        self.set_policies(client, name, {}, properties)
        return name

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes trust, description, duration, boundary, policies and tags."""
        client, changed = scope.client("iam"), changed_properties(old, new)
        if "AssumeRolePolicyDocument" in changed:
            client.update_assume_role_policy(
                RoleName=physical_id, PolicyDocument=json_text(new["AssumeRolePolicyDocument"])
            )
        if {"Description", "MaxSessionDuration"} & changed:
            client.update_role(
                RoleName=physical_id,
                Description=str(new.get("Description", "")),
                MaxSessionDuration=int(new.get("MaxSessionDuration", 3600)),
            )
        if "PermissionsBoundary" in changed:
            self.set_boundary(client, physical_id, new)
        self.set_policies(client, physical_id, old, new)
        self.set_tags(client, physical_id, old, new)
        return None

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """ARN and the id that IAM gave."""
        del properties
        role = scope.client("iam").get_role(RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


class UserProvider(_Identity):
    """A user without a console password."""

    type = "AWS::IAM::User"
    kind = "User"
    schema = Schema.of(
        "Groups ManagedPolicyArns Path PermissionsBoundary Policies Tags UserName",
        create_only="UserName",
        attributes="Arn",
        name="UserName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the user, its policies and memberships."""
        client = scope.client("iam")
        name = str(properties.get("UserName") or scope.name(64))
        arguments = only(properties, "Path", "PermissionsBoundary")
        arguments |= {"UserName": name, "Tags": tag_list(tags_of(properties))}
        client.create_user(**request("iam", "CreateUser", arguments))
        scope.created(name)
        self.set_policies(client, name, {}, properties)
        self._set_groups(client, name, {}, properties)
        return name

    def _set_groups(self, client: Any, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        before, after = old.get("Groups") or [], new.get("Groups") or []
        for group in after:
            if group not in before:
                client.add_user_to_group(GroupName=group, UserName=name)
        for group in before:
            if group not in after:
                _attempt(client.remove_user_from_group, GroupName=group, UserName=name)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes path, boundary, policies, memberships and tags."""
        client, changed = scope.client("iam"), changed_properties(old, new)
        if "Path" in changed:
            client.update_user(UserName=physical_id, NewPath=new.get("Path", "/"))
        if "PermissionsBoundary" in changed:
            self.set_boundary(client, physical_id, new)
        self.set_policies(client, physical_id, old, new)
        self._set_groups(client, physical_id, old, new)
        self.set_tags(client, physical_id, old, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the user with its memberships and policies."""
        self._set_groups(scope.client("iam"), physical_id, properties, {})
        super().delete(scope, physical_id, properties)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del properties
        return {"Arn": scope.client("iam").get_user(UserName=physical_id)["User"]["Arn"]}


class GroupProvider(_Identity):
    """A group of users."""

    type = "AWS::IAM::Group"
    kind = "Group"
    schema = Schema.of(
        "GroupName ManagedPolicyArns Path Policies", create_only="GroupName", attributes="Arn", name="GroupName"
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the group, then its policies."""
        client = scope.client("iam")
        name = str(properties.get("GroupName") or scope.name(128))
        client.create_group(GroupName=name, **only(properties, "Path"))
        scope.created(name)
        self.set_policies(client, name, {}, properties)
        return name

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Changes path and policies."""
        client = scope.client("iam")
        if old.get("Path") != new.get("Path"):
            client.update_group(GroupName=physical_id, NewPath=new.get("Path", "/"))
        self.set_policies(client, physical_id, old, new)
        return None

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del properties
        return {"Arn": scope.client("iam").get_group(GroupName=physical_id)["Group"]["Arn"]}


_HOLDERS = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))


def _holders(properties: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(kind, name) for key, kind in _HOLDERS for name in properties.get(key) or []]


class PolicyProvider(Provider):
    """An inline policy in roles, users and groups."""

    type = "AWS::IAM::Policy"
    capability = _IAM
    schema = Schema.of(
        "Groups PolicyDocument PolicyName Roles Users", required="PolicyDocument PolicyName", attributes="Id"
    )

    def problems(self, properties: Mapping[str, Any]) -> Iterator[str]:
        """Adds: somebody must hold the policy."""
        yield from super().problems(properties)
        if not any(properties.get(key) for key, _ in _HOLDERS):
            yield "At least one of [Groups,Roles,Users] must be non-empty."

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Puts the policy into each holder."""
        physical_id = scope.created(scope.name(60))
        self._put(scope.client("iam"), properties, _holders(properties))
        return physical_id

    def _put(self, client: Any, properties: Mapping[str, Any], holders: list[tuple[str, str]]) -> None:
        document = json_text(properties["PolicyDocument"])
        for kind, name in holders:
            put = getattr(client, f"put_{kind.lower()}_policy")
            put(**{f"{kind}Name": name}, PolicyName=properties["PolicyName"], PolicyDocument=document)

    def _remove(self, client: Any, policy: str, holders: list[tuple[str, str]]) -> None:
        for kind, name in holders:
            _attempt(getattr(client, f"delete_{kind.lower()}_policy"), **{f"{kind}Name": name}, PolicyName=policy)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Puts the new policy, then takes the old one from those who no longer hold it."""
        del physical_id
        client = scope.client("iam")
        self._put(client, new, _holders(new))
        renamed = old["PolicyName"] != new["PolicyName"]
        gone = [holder for holder in _holders(old) if renamed or holder not in _holders(new)]
        self._remove(client, old["PolicyName"], gone)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the policy from each holder."""
        del physical_id
        self._remove(scope.client("iam"), properties["PolicyName"], _holders(properties))

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The generated id."""
        del scope, properties
        return {"Id": physical_id}


class ManagedPolicyProvider(Provider):
    """A customer-managed policy; Ref is its ARN."""

    type = "AWS::IAM::ManagedPolicy"
    capability = _IAM
    schema = Schema.of(
        "Description Groups ManagedPolicyName Path PolicyDocument Roles Users",
        required="PolicyDocument",
        create_only="Description ManagedPolicyName Path",
        attributes="AttachmentCount DefaultVersionId IsAttachable PolicyArn PolicyId",
        name="ManagedPolicyName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the policy and attaches it."""
        client = scope.client("iam")
        arguments = only(properties, "Description", "Path") | {
            "PolicyName": properties.get("ManagedPolicyName") or scope.name(128),
            "PolicyDocument": json_text(properties["PolicyDocument"]),
        }
        arn: str = client.create_policy(**request("iam", "CreatePolicy", arguments))["Policy"]["Arn"]
        scope.created(arn)
        self._attach(client, arn, _holders(properties))
        return arn

    def _attach(self, client: Any, arn: str, holders: list[tuple[str, str]]) -> None:
        for kind, name in holders:
            getattr(client, f"attach_{kind.lower()}_policy")(**{f"{kind}Name": name}, PolicyArn=arn)

    def _detach(self, client: Any, arn: str, holders: list[tuple[str, str]]) -> None:
        for kind, name in holders:
            _attempt(getattr(client, f"detach_{kind.lower()}_policy"), **{f"{kind}Name": name}, PolicyArn=arn)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Makes a new default version (the oldest of five goes), and moves the attachments."""
        client = scope.client("iam")
        if old["PolicyDocument"] != new["PolicyDocument"]:
            versions = client.list_policy_versions(PolicyArn=physical_id)["Versions"]
            spare = [version for version in versions if not version["IsDefaultVersion"]]
            if len(versions) >= 5:
                oldest = min(spare, key=lambda version: version["CreateDate"])
                client.delete_policy_version(PolicyArn=physical_id, VersionId=oldest["VersionId"])
            client.create_policy_version(
                PolicyArn=physical_id, PolicyDocument=json_text(new["PolicyDocument"]), SetAsDefault=True
            )
        before, after = _holders(old), _holders(new)
        self._attach(client, physical_id, [holder for holder in after if holder not in before])
        self._detach(client, physical_id, [holder for holder in before if holder not in after])
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes attachments, versions and the policy."""
        client = scope.client("iam")
        self._detach(client, physical_id, _holders(properties))
        for version in client.list_policy_versions(PolicyArn=physical_id)["Versions"]:
            if not version["IsDefaultVersion"]:
                client.delete_policy_version(PolicyArn=physical_id, VersionId=version["VersionId"])
        client.delete_policy(PolicyArn=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """What IAM says of the policy."""
        del properties
        policy = scope.client("iam").get_policy(PolicyArn=physical_id)["Policy"]
        return {
            "PolicyArn": physical_id,
            **only(policy, "AttachmentCount", "DefaultVersionId", "IsAttachable", "PolicyId"),
        }


class InstanceProfileProvider(Provider):
    """An instance profile around one role."""

    type = "AWS::IAM::InstanceProfile"
    capability = _IAM
    schema = Schema.of(
        "InstanceProfileName Path Roles",
        required="Roles",
        create_only="InstanceProfileName Path",
        attributes="Arn",
        name="InstanceProfileName",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the profile and adds its role."""
        client = scope.client("iam")
        name = str(properties.get("InstanceProfileName") or scope.name(128))
        client.create_instance_profile(InstanceProfileName=name, **only(properties, "Path"))
        scope.created(name)
        for role in properties["Roles"]:
            client.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
        return name

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Swaps the role."""
        client = scope.client("iam")
        for role in old["Roles"]:
            _attempt(client.remove_role_from_instance_profile, InstanceProfileName=physical_id, RoleName=role)
        for role in new["Roles"]:
            client.add_role_to_instance_profile(InstanceProfileName=physical_id, RoleName=role)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Takes the role out and removes the profile."""
        client = scope.client("iam")
        for role in properties["Roles"]:
            _attempt(client.remove_role_from_instance_profile, InstanceProfileName=physical_id, RoleName=role)
        client.delete_instance_profile(InstanceProfileName=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The ARN."""
        del properties
        profile = scope.client("iam").get_instance_profile(InstanceProfileName=physical_id)["InstanceProfile"]
        return {"Arn": profile["Arn"]}


class AccessKeyProvider(Provider):
    """An access key of a user; the secret is known to Fn::GetAtt alone."""

    type = "AWS::IAM::AccessKey"
    capability = _IAM
    schema = Schema.of(
        "Serial Status UserName",
        required="UserName",
        create_only="Serial UserName",
        attributes="Id SecretAccessKey",
    )

    def create(self, scope: ResourceScope, properties: dict[str, Any]) -> str:
        """Makes the key."""
        client = scope.client("iam")
        key = client.create_access_key(UserName=properties["UserName"])["AccessKey"]
        scope.created(key["AccessKeyId"])
        scope.kept["SecretAccessKey"] = key["SecretAccessKey"]
        self._set_status(client, key["AccessKeyId"], properties)
        return str(key["AccessKeyId"])

    def _set_status(self, client: Any, key_id: str, properties: Mapping[str, Any]) -> None:
        status = properties.get("Status", "Active")
        client.update_access_key(UserName=properties["UserName"], AccessKeyId=key_id, Status=status)

    def update(self, scope: ResourceScope, physical_id: str, old: dict[str, Any], new: dict[str, Any]) -> str | None:
        """Turns the key on or off."""
        del old
        self._set_status(scope.client("iam"), physical_id, new)
        return None

    def delete(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> None:
        """Removes the key."""
        scope.client("iam").delete_access_key(UserName=properties["UserName"], AccessKeyId=physical_id)

    def attributes(self, scope: ResourceScope, physical_id: str, properties: dict[str, Any]) -> dict[str, Any]:
        """Id and secret."""
        del properties
        return {"Id": physical_id, **only(scope.kept, "SecretAccessKey")}


PROVIDERS = (
    RoleProvider(),
    PolicyProvider(),
    ManagedPolicyProvider(),
    InstanceProfileProvider(),
    UserProvider(),
    GroupProvider(),
    AccessKeyProvider(),
)
