from __future__ import annotations

import pytest

from support.channels import recording


@pytest.fixture
async def server():
    async with recording() as recorder:
        yield recorder
