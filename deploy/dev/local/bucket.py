"""Creates the bucket in an external S3 that requires signatures."""

import asyncio
import os
from collections.abc import Mapping

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from deploy.dev.local.environment import BUCKET
from deploy.dev.local.terminal import complain

ANSWER_S = 10


async def make_bucket(env: Mapping[str, str]) -> None:
    """Create the bucket that ``env`` names if it is missing; a refusal is printed and does not prevent the start."""
    name = env.get("S3_BUCKET") or BUCKET
    config = AioConfig(
        connect_timeout=ANSWER_S,
        read_timeout=ANSWER_S,
        retries={"max_attempts": 2},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    region = env.get("S3_REGION") or "us-east-1"
    try:
        async with get_session().create_client(
            "s3", endpoint_url=env["S3_ENDPOINT_URL"], region_name=region, config=config
        ) as client:
            buckets = await client.list_buckets()
            if name not in {bucket["Name"] for bucket in buckets.get("Buckets", [])}:
                await client.create_bucket(Bucket=name)
    except (BotoCoreError, ClientError, ValueError) as exc:
        complain(f"bucket {name}: {exc}; create it yourself if pictures cannot be stored")


if __name__ == "__main__":
    asyncio.run(make_bucket(os.environ))
