"""Resource policies of CloudWatch Logs, as moto keeps them.

Fault mended: moto stores the policies that PutResourcePolicy makes and never asks them; they are read here so that
IAM can. A policy hangs on a region of an account, not on a group: each says itself which groups it means.
"""

import json
from functools import lru_cache


def documents(account: str, region: str) -> tuple[str, ...]:
    """The texts of all policies of a region."""
    from moto.logs.models import logs_backends  # imported with the first request that needs it

    if region not in logs_backends[account]:
        return ()
    policies = list(logs_backends[account][region].resource_policies.values())
    return tuple(policy.policy_document for policy in policies)


@lru_cache(maxsize=256)
def combined(texts: tuple[str, ...]) -> str | None:
    """One policy that says what several say; None for none."""
    statements = []
    for text in texts:
        found = json.loads(text).get("Statement", [])
        statements += found if isinstance(found, list) else [found]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None
