"""Lists in pages."""

import pytest

from local_aws.gateway.errors import AwsError
from local_aws.pages import page


def test_pages_together_are_the_list() -> None:
    found: list[int] = []
    marker: str | None = None
    sizes = []
    while True:
        items, marker = page(range(7), marker, 3, 100)
        found += items
        sizes.append(len(items))
        if marker is None:
            break
    assert found == list(range(7))
    assert sizes == [3, 3, 1]


def test_a_page_is_never_larger_than_the_service_allows() -> None:
    items, marker = page(range(7), None, 100, 5)
    assert items == [0, 1, 2, 3, 4]
    assert marker is not None
    assert page(range(5), None, None, 5) == ([0, 1, 2, 3, 4], None)


@pytest.mark.parametrize("marker", ["x", "Zm9v"])
def test_a_marker_of_somebody_else_is_refused(marker: str) -> None:
    with pytest.raises(AwsError, match=f"the pagination token '{marker}' was not given by an earlier answer"):
        page([1], marker, None, 5)
