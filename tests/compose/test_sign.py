"""A footer's code proves that the alert is ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.compose.sign import code, contact_of, signed, verify


def test_a_code_is_eight_characters_that_do_not_look_alike() -> None:
    made = code("mijar-doriz", "at://x", "key")
    assert len(made) == 8
    assert not set(made) & set("oilu")


def test_without_a_key_the_id_stands_alone() -> None:
    assert signed("mijar-doriz", "at://x", None) == "mijar-doriz"


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_a_code_is_proved_for_its_post_and_no_other(post: str, key: str, other: str) -> None:
    shown = signed("mijar-doriz", post, key)
    assert contact_of(shown) == "mijar-doriz"
    assert verify(shown, [post], key) == post
    if other != key:
        assert verify(shown, [post], other) is None
    assert verify(shown.replace("mijar", "mijas"), [post], key) is None


def test_a_code_that_was_read_aloud_is_forgiven() -> None:
    shown = signed("mijar-doriz", "at://x", "key")
    assert verify(f"  {shown.upper().replace('0', 'O').replace('1', 'I')} ", ["at://x"], "key") == "at://x"


def test_an_alert_without_a_post_is_proved_too() -> None:
    assert verify(signed("mijar-doriz", None, "key"), ["at://x"], "key") == ""
    assert verify("mijar-doriz", ["at://x"], "key") is None
