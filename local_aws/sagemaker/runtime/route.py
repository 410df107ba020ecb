"""sagemaker-runtime at the gateway: raw paths, served before AWS's protocols are looked at."""

import asyncio
import re

from attrs import define

from local_aws.gateway.app import Receive, Scope, Send, read_body
from local_aws.sagemaker.runtime.invocations import Invocations
from local_aws.sagemaker.runtime.upstream import Headers

INVOCATIONS = r"/endpoints/([^/]+)/invocations"


@define(eq=False)
class InvocationRoute:
    """Serves ``POST /endpoints/{name}/invocations``.

    Args:
        invocations: carries the requests.
    """

    invocations: Invocations

    async def __call__(self, scope: Scope, receive: Receive, send: Send, match: re.Match[str]) -> None:
        """Serves one request."""
        body = await read_body(receive)
        answered: asyncio.Future[tuple[int, Headers, bytes]] = asyncio.get_running_loop().create_future()

        def respond(status: int, headers: Headers, content: bytes) -> None:
            if not answered.done():
                answered.set_result((status, headers, content))

        self.invocations.invoke(match[1], scope["headers"], body, respond)
        status, headers, content = await answered
        headers.append((b"content-length", str(len(content)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})
