"""Each snippet of the channels page is a rulebook that could be run as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interlock.interpreter.channels import check_channel
from interlock.interpreter.hooks import SecretReader
from interlock.rulebook import compile_rulebook
from interlock.rulebook.model import Channel

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"
SNIPPETS = re.findall(
    r"^```yaml rulebook\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
)
KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class EverySecret(dict):
    def get(self, _name, _default=None):
        return KEY


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_declares_channels_that_can_be_told(snippet):
    graph = compile_rulebook(snippet)
    assert graph.unsupported == ()
    for channel in graph.channels.values():
        check_channel(channel, SecretReader(EverySecret()))


def test_there_is_a_snippet_of_every_type():
    shown = set(re.findall(r"type: (\w+)", "".join(SNIPPETS)))
    assert shown == {kind.__struct_config__.tag for kind in Channel.__args__}
