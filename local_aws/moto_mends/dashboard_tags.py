"""Tags of CloudWatch dashboards.

Fault mended: moto passes over the tags of PutDashboard, and knows no dashboard when one is tagged later.
"""

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, make_arn_for_dashboard
from moto.cloudwatch.responses import CloudWatchResponse

_put_dashboard = CloudWatchResponse.put_dashboard
_delete_dashboards = CloudWatchBackend.delete_dashboards
_tag_resource = CloudWatchBackend.tag_resource
_untag_resource = CloudWatchBackend.untag_resource


def apply() -> None:
    """Puts the mended parts in place of moto's."""
    CloudWatchResponse.put_dashboard = _put_with_tags
    CloudWatchBackend.delete_dashboards = _delete_with_tags
    CloudWatchBackend.tag_resource = _tag
    CloudWatchBackend.untag_resource = _untag


def _put_with_tags(self: Any) -> Any:
    backend, name = self.cloudwatch_backend, self._get_param("DashboardName")
    known = name in backend.dashboards
    answer = _put_dashboard(self)
    tags = self._get_param("Tags", [])
    # as on AWS: tags given for a dashboard that exists already change nothing
    if tags and not known:
        backend.tagger.tag_resource(backend.dashboards[name].arn, tags)
    return answer


def _delete_with_tags(self: Any, dashboards: list[str]) -> str | None:
    error: str | None = _delete_dashboards(self, dashboards)
    if error is None:
        for name in dashboards:
            self.tagger.delete_all_tags_for_resource(make_arn_for_dashboard(self.account_id, self.region_name, name))
    return error


def _is_dashboard(backend: Any, arn: str) -> bool:
    return any(dashboard.arn == arn for dashboard in backend.dashboards.values())


def _tag(self: Any, arn: str, tags: dict[str, str]) -> None:
    if _is_dashboard(self, arn):
        self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))
    else:
        _tag_resource(self, arn, tags)


def _untag(self: Any, arn: str, tag_keys: list[str]) -> None:
    if _is_dashboard(self, arn):
        self.tagger.untag_resource_using_names(arn, tag_keys)
    else:
        _untag_resource(self, arn, tag_keys)
