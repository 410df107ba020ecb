import pytest
from aws_cdk import CfnParameter, Stack, Token

from constructs_lib.definitions.tokens import has_text_token, is_list_token, is_number_token, is_token


@pytest.fixture(scope="module")
def parameter() -> CfnParameter:
    return CfnParameter(Stack(), "Parameter", type="Number")


def test_the_tokens_of_the_cdk_are_recognized(parameter: CfnParameter) -> None:
    text, number, listed = Token.as_string({"Ref": "A"}), parameter.value_as_number, Token.as_list({"Ref": "B"})

    assert has_text_token(f"s3://{text}/models")
    assert is_number_token(number)
    assert is_list_token(listed)
    assert all(map(is_token, [text, number, listed]))


PLAIN = ["plain", "${Tokens}", 12, -1e300, 0.5, True, None, ["a"], ["#{Token[A.1]}", "b"], [1]]


@pytest.mark.parametrize("value", PLAIN)
def test_anything_else_is_no_token(value: object) -> None:
    assert not is_token(value)
