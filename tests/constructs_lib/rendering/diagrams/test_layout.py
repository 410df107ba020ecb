from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.rendering.diagrams.layout import Layout, Link, Point, Size, lay_out

BOX = Size(100, 40)


def overlaps(layout: Layout, sizes: dict[str, Size]) -> list[tuple[str, str]]:
    found = []
    names = list(sizes)
    for number, one in enumerate(names):
        for other in names[:number]:
            a, b = layout.places[one], layout.places[other]
            apart_across = a.x + sizes[one].width <= b.x + 0.01 or b.x + sizes[other].width <= a.x + 0.01
            apart_down = a.y + sizes[one].height <= b.y + 0.01 or b.y + sizes[other].height <= a.y + 0.01
            if not (apart_across or apart_down):
                found.append((one, other))
    return found


def test_a_chain_is_a_straight_line_downward() -> None:
    sizes = {"a": Size(100, 40), "b": Size(200, 60), "c": Size(50, 40)}
    layout = lay_out(sizes, [Link("a", "b"), Link("b", "c")], layer_gap=44)

    assert layout.places == {"a": Point(50, 0), "b": Point(0, 84), "c": Point(75, 188)}
    assert [sorted({point.y for point in route}) for route in layout.routes] == [[40, 84], [144, 188]]
    assert {point.x for route in layout.routes for point in route} == {100}
    assert layout.size == Size(200, 228)


def test_the_heavy_line_stays_straight_beside_a_light_one() -> None:
    sizes = dict.fromkeys("abcx", BOX)
    links = [Link("a", "b", 1000), Link("a", "x", 0.1), Link("b", "c", 1000)]
    layout = lay_out(sizes, links)

    middles = [round(layout.places[name].x) for name in "abc"]
    assert max(middles) - min(middles) <= 1
    assert layout.places["x"].x > layout.places["b"].x + BOX.width


def test_long_links_go_around_what_is_between() -> None:
    sizes = dict.fromkeys("abc", BOX)
    layout = lay_out(sizes, [Link("a", "b", 100), Link("b", "c", 100), Link("a", "c", 0.1)])

    x = layout.routes[2][2].x
    assert x < layout.places["b"].x or x > layout.places["b"].x + BOX.width
    assert len(layout.routes[2]) == 6


def test_a_link_back_up_ends_at_the_node_it_leads_to() -> None:
    sizes = dict.fromkeys("ab", BOX)
    layout = lay_out(sizes, [Link("a", "b", 10), Link("b", "a", 1)])

    back = layout.routes[1]
    assert back[0].y == layout.places["b"].y
    assert back[-1].y == layout.places["a"].y + BOX.height
    assert back[0].x != layout.routes[0][-1].x


def test_labels_widen_the_gap() -> None:
    sizes = dict.fromkeys("ab", BOX)
    plain = lay_out(sizes, [Link("a", "b")])
    labelled = lay_out(sizes, [Link("a", "b", 1, Size(80, 32))])

    assert labelled.size.height == plain.size.height + 32


def test_a_single_node_and_an_unlinked_one() -> None:
    assert lay_out({"a": BOX}, []).size == BOX
    assert overlaps(lay_out({"a": BOX, "b": BOX}, []), {"a": BOX, "b": BOX}) == []


def test_bundled_links_to_one_target_share_their_way() -> None:
    sizes = dict.fromkeys("abcdf", BOX)
    main = [Link(upper, lower, 1000) for upper, lower in pairwise("abcdf")]
    caught = [Link(name, "f", 0.1, bundled=True) for name in "abc"]
    bundled = lay_out(sizes, [*main, *caught])
    apart = lay_out(sizes, [*main, *(Link(name, "f", 0.1) for name in "abc")])

    ways = [route[2:] for route in bundled.routes[len(main) :]]
    assert ways[0][-len(ways[1]) :] == ways[1]
    assert ways[1][-len(ways[2]) :] == ways[2]
    assert bundled.size.width < apart.size.width


def test_a_short_node_beside_a_tall_one_is_reached_past_the_tall_one() -> None:
    sizes = {"a": BOX, "tall": Size(100, 300), "short": BOX}
    layout = lay_out(sizes, [Link("a", "tall", 10), Link("a", "short")])

    to_short = layout.routes[1]
    assert to_short[2] == Point(to_short[3].x, layout.places["tall"].y)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 9).flatmap(
        lambda count: st.tuples(
            st.lists(st.tuples(st.floats(10, 300), st.floats(10, 120)), min_size=count, max_size=count),
            st.lists(
                st.tuples(st.integers(0, count - 1), st.integers(0, count - 1), st.floats(0.1, 1000)).filter(
                    lambda link: link[0] != link[1]
                ),
                max_size=14,
            ),
        )
    )
)
def test_nodes_never_overlap_and_links_meet_their_nodes(
    drawn: tuple[list[tuple[float, float]], list[tuple[int, int, float]]],
) -> None:
    sizes = {str(number): Size(*size) for number, size in enumerate(drawn[0])}
    links = [Link(str(source), str(target), weight) for source, target, weight in drawn[1]]

    layout = lay_out(sizes, links)

    assert overlaps(layout, sizes) == []
    assert lay_out(sizes, links) == layout
    for link, route in zip(links, layout.routes, strict=True):
        for name, point in ((str(link.source), route[0]), (str(link.target), route[-1])):
            place, size = layout.places[name], sizes[name]
            assert place.x <= point.x <= place.x + size.width
            assert min(abs(point.y - place.y), abs(point.y - place.y - size.height)) < 0.01
    for name, place in layout.places.items():
        assert place.x >= -0.01
        assert place.x + sizes[name].width <= layout.size.width + 0.01
        assert place.y + sizes[name].height <= layout.size.height + 0.01
