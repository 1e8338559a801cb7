"""What a key key may ask about the key without signing in."""

from http import HTTPStatus

from aiohttp import web

from gateway.keys.cache import ApiKeyCache
from gateway.keys.usage import Usage
from gateway.metrics import GatewayMetrics, Route
from gateway.pictures.rate_limits import ClientRateLimits
from gateway.request_errors import answers_errors, json_answer
from shared.domain.errors import InvalidApiKey


class KeyStatusApi:
    """Serves ``/{key}/isValid`` and ``/{key}/requests``."""

    def __init__(
        self, *, keys: ApiKeyCache, rate_limits: ClientRateLimits, usage: Usage, metrics: GatewayMetrics
    ) -> None:
        self._keys, self._rate_limits, self._usage, self.metrics = keys, rate_limits, usage, metrics

    @answers_errors(Route.IS_VALID)
    async def is_valid(self, request: web.Request) -> web.Response:
        """Return whether the key is valid, its monthly limit (0 means no limit) and its usage this month."""
        self._rate_limits.take_key_check(request)
        try:
            key = await self._keys.find(request.match_info["key"])
        except InvalidApiKey as error:
            self.metrics.answered(Route.IS_VALID, error.cause)
            return json_answer(HTTPStatus.UNAUTHORIZED, {"valid": False, "validity": False})
        used = await self._usage.of(key.id)
        self.metrics.answered(Route.IS_VALID)
        return json_answer(
            HTTPStatus.OK, {"valid": True, "validity": True, "limit": key.monthly_limit, "requestCount": used}
        )

    @answers_errors(Route.REQUESTS)
    async def requests(self, request: web.Request) -> web.Response:
        """Return the key's usage this month and its limit."""
        self._rate_limits.take_key_check(request)
        key = await self._keys.find(request.match_info["key"])
        used = await self._usage.of(key.id)
        self.metrics.answered(Route.REQUESTS)
        return json_answer(HTTPStatus.OK, {"req": used, "limit": key.monthly_limit})
