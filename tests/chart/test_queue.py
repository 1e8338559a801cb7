"""What KEDA is told to ask is answered by a real Valkey, with the number of jobs that nobody has taken."""

import pytest
from redis.asyncio import Redis

from deploy.chart.helm import Helm
from shared.hash import SettingsHash
from shared.ids import Id, IdType, TitleRef
from shared.jobs.message import RenderJob
from shared.jobs.redis_stream import RedisStreamQueue

pytestmark = pytest.mark.timeout(1300)  # the first test that needs Helm may have to wait until it is built

OLDEST = 7
"""KEDA reads the lag of no older Redis; Valkey calls itself by the version of Redis that it came from."""
