"""The credentials that the AWS tools would find: of files, a web identity, a container's or a machine's role."""

from typing import Any

from aiobotocore.session import get_session
from botocore.exceptions import NoCredentialsError

from renderer.storage.s3_signer import S3Credentials
from renderer.storage.signed_bucket import Credentials


async def default_credentials() -> Credentials:
    """Return where to get credentials that are valid now. Raises botocore's errors, as for a missing profile."""
    session = get_session()
    await session.get_credentials()

    async def credentials() -> S3Credentials:
        found: Any = await session.get_credentials()  # kept by the session, and refreshed when they are about to expire
        if found is None:
            raise NoCredentialsError
        valid = await found.get_frozen_credentials()
        return S3Credentials(valid.access_key, valid.secret_key, valid.token)

    return credentials
