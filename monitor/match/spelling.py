"""Capitals: what they tell of a word."""

from __future__ import annotations

from monitor.match.tokens import MARK, STOP, Tokens


def cased_capital(tokens: Tokens, index: int) -> bool:
    """Whether the word begins with a capital and goes on in small letters."""
    word = tokens.original(index, index)
    return word[:1].isupper() and word[1:].islower()


def opens(tokens: Tokens, index: int) -> bool:
    """Whether the word opens the post or a sentence, where a capital says nothing."""
    return index <= 0 or tokens.kinds[index - 1] in (STOP, MARK)


def capital(tokens: Tokens, index: int) -> bool:
    """Whether the word begins with a capital, or its script has none."""
    first, _ = tokens.span(index, index)
    char = tokens.text[first]
    if char in "#@" and first + 1 < len(tokens.text):
        char = tokens.text[first + 1]
    return char.isupper() or char.istitle() or (char.isalpha() and not char.islower() and not char.isupper())
