"""JSONPath: what a path finds, and what is no path."""

import re
from typing import Any

import pytest

from local_aws.stepfunctions.language.jsonpath import (
    MissingPathError,
    PathSyntaxError,
    compile_path,
    compile_reference,
)

STORE: dict[str, Any] = {
    "book": [
        {"category": "reference", "author": "Nigel Rees", "price": 8.95, "tags": ["a", "b"]},
        {"category": "fiction", "author": "Evelyn Waugh", "price": 12.99},
        {"category": "fiction", "author": "Herman Melville", "isbn": "0-553-21311-3", "price": 8.99},
    ],
    "bicycle": {"color": "red", "price": 19.95, "wheel-count": 2, "a b": {"it's": 1}},
    "none": None,
    "empty": [],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", STORE),
        ("$.bicycle.color", "red"),
        ("$['bicycle']['color']", "red"),
        ('$["bicycle"].color', "red"),
        ("$.bicycle.wheel-count", 2),
        (r"$.bicycle['a b']['it\'s']", 1),
        ("$.book[0].author", "Nigel Rees"),
        ("$.book[-1].author", "Herman Melville"),
        ("$.none", None),
        ("$.book.length()", 3),
    ],
)
def test_a_definite_path_gives_one_value(path: str, found: Any) -> None:
    compiled = compile_path(path)
    assert compiled.definite
    assert compiled.read(STORE) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$.book[*].author", ["Nigel Rees", "Evelyn Waugh", "Herman Melville"]),
        ("$.book[0,1].price", [8.95, 12.99]),
        ("$.book[0:2].price", [8.95, 12.99]),
        ("$.book[:1].price", [8.95]),
        ("$.book[-2:].price", [12.99, 8.99]),
        ("$.book[::2].price", [8.95, 8.99]),
        ("$..price", [8.95, 12.99, 8.99, 19.95]),
        ("$..book[0].author", ["Nigel Rees"]),
        ("$.bicycle['color','price']", ["red", 19.95]),
        ("$.bicycle.*", ["red", 19.95, 2, {"it's": 1}]),
        ("$.book[*].isbn", ["0-553-21311-3"]),
        ("$.empty[*]", []),
        ("$.book[?(@.isbn)].author", ["Herman Melville"]),
        ("$.book[?(!(@.isbn))].price", [8.95, 12.99]),
        ("$.book[?(@.price < 9)].author", ["Nigel Rees", "Herman Melville"]),
        ("$.book[?(@.price < 9 && @.category == 'fiction')].author", ["Herman Melville"]),
        ("$.book[?(@.price > 12 || @.category == 'reference')].price", [8.95, 12.99]),
        ("$.book[?(@.category != 'fiction')].price", [8.95]),
        ("$.book[?(@.price >= 12.99)].price", [12.99]),
        ("$.book[?(@.author =~ /.*MELVILLE/i)].price", [8.99]),
        ("$.book[?(@.category in ['reference'])].price", [8.95]),
        ("$.book[?(@.category nin ['reference'])].price", [12.99, 8.99]),
        ("$.book[?(@.tags contains 'a')].price", [8.95]),
        ("$.book[?(@.tags size 2)].price", [8.95]),
        ("$.book[?(@.tags empty false)].price", [8.95]),
        ("$.book[?(@.price < $.bicycle.price)].price", [8.95, 12.99, 8.99]),
        ("$.book[?(@.price == '8.95')]", []),
    ],
)
def test_any_other_path_gives_a_list(path: str, found: list[Any]) -> None:
    compiled = compile_path(path)
    assert not compiled.definite
    assert compiled.read(STORE) == found


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("$.book[3]", "['book'][3]"),
        ("$.bicycle.colour.name", "['bicycle']['colour']"),
        ("$.book.author", "['book']['author']"),
        ("$.none.x", "['none']['x']"),
        ("$.bicycle.price.length()", "$.bicycle.price.length()"),
    ],
)
def test_a_definite_path_must_lead_somewhere(path: str, missing: str) -> None:
    with pytest.raises(MissingPathError) as raised:
        compile_path(path).read(STORE)
    assert str(raised.value) == missing


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("$.a", ""),
        ("$$.Execution.Id", "$"),
        ("$$", "$"),
        ("$total.sum[0]", "total"),
        ("$größe", "größe"),
        ("$_x", "_x"),
    ],
)
def test_a_path_starts_at_the_value_the_context_or_a_variable(path: str, root: str) -> None:
    assert compile_path(path).root == root


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.b", "a path starts with '$' at position 0 of 'a.b'"),
        ("", "a path starts with '$' at position 0 of ''"),
        ("$.", "a name is missing at position 2"),
        ("$.a..", "a name is missing at position 5"),
        ("$.a[", "expected a name, an index, a slice, '*' or a filter at position 4"),
        ("$.a[0", "expected ']' at position 5"),
        ("$.a['b", "a quoted name does not end at position 6"),
        ("$.a['b', 1]", "expected a quoted name at position 9"),
        ("$.a[1, x]", "expected an index at position 7"),
        ("$.a b", "unexpected ' ' at position 3"),
        ("$.a[?(@.x]", "expected ')' at position 9"),
        ("$.a[?(@.x ==)]", "expected a value or a path at position 12"),
        ("$.a[?(@.x =~ 'y')]", "expected a regular expression between slashes at position 12"),
        ("$.a.max()", "'max()' is not a function that paths offer at position 7"),
    ],
)
def test_a_text_that_is_no_path(text: str, message: str) -> None:
    with pytest.raises(PathSyntaxError, match=re.escape(message)):
        compile_path(text)


@pytest.mark.parametrize(
    "text", ["$.a[*]", "$..a", "$.a[0:1]", "$.a[?(@.x)]", "$.a['b','c']", "$$.Execution", "$x.a", "$.a.length()"]
)
def test_a_reference_path_names_one_place_in_the_input(text: str) -> None:
    with pytest.raises(PathSyntaxError, match="is not a Reference Path"):
        compile_reference(text)


@pytest.mark.parametrize(
    ("path", "document", "written"),
    [
        ("$", {"a": 1}, 9),
        ("$.a", {"a": 1}, {"a": 9}),
        ("$.b.c", {"a": 1}, {"a": 1, "b": {"c": 9}}),
        ("$.a.b", {"a": None}, {"a": {"b": 9}}),
        ("$.l[1].x", {"l": [1, {"y": 2}]}, {"l": [1, {"y": 2, "x": 9}]}),
        ("$['a b']", {}, {"a b": 9}),
    ],
)
def test_write_makes_a_copy_with_the_value(path: str, document: Any, written: Any) -> None:
    before = repr(document)
    assert compile_reference(path).write(document, 9) == written
    assert repr(document) == before


@pytest.mark.parametrize(
    ("path", "document"), [("$.a.b", {"a": 1}), ("$.l[2]", {"l": [1]}), ("$.a[0]", {}), ("$.a", [1])]
)
def test_write_where_no_value_can_be(path: str, document: Any) -> None:
    with pytest.raises(MissingPathError):
        compile_reference(path).write(document, 9)
