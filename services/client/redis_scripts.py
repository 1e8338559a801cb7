"""What the replicas agree on about a source, as scripts that Redis runs whole: one round trip each, by Redis's clock.

The keys, all of which expire by themselves::

    marquee:source:<source>:open              until when (ms) the breaker is open
    marquee:source:<source>:probe             the token of whoever probes
    marquee:source:<source>:accidents         when (ms) the last accidents were
    marquee:source:<source>:turn              counts, for taking the keys in turn
    marquee:source:<source>:rest:<key>        the key of this name rests
    marquee:source:<source>:budget:<key>      its windows: used, limit, ends, burst, burst_ends
"""

from typing import Final

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

CLOSED: Final = 0
PROBE: Final = 1

# KEYS: open, probe. ARGV: token, ms of a probe. Returns the state, and how long (ms) it stays open.
ADMIT: Final = (
    _NOW
    + """
local open = tonumber(redis.call('GET', KEYS[1]))
if not open then return {0, 0} end
if open > now then return {2, open - now} end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then return {1, 0} end
return {2, 0}
"""
)

# KEYS: open, probe, accidents. ARGV: token or nothing, ms within, how many, ms of the pause, ms kept.
# Returns how long (ms) it stays open, 0 when it is closed.
FAIL: Final = (
    _NOW
    + """
local most = tonumber(ARGV[3])
redis.call('RPUSH', KEYS[3], now)
redis.call('LTRIM', KEYS[3], -most, -1)
redis.call('PEXPIRE', KEYS[3], ARGV[2])
local full = redis.call('LLEN', KEYS[3]) == most and now - redis.call('LINDEX', KEYS[3], 0) <= tonumber(ARGV[2])
if ARGV[1] ~= '' and redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
if ARGV[1] ~= '' or full then redis.call('SET', KEYS[1], now + ARGV[4], 'PX', ARGV[4] + ARGV[5]) end
return math.max((tonumber(redis.call('GET', KEYS[1])) or now) - now, 0)
"""
)

# KEYS: open, probe, accidents. ARGV: token, "1" when the probe went well. A token that is no longer there has no say.
END_PROBE: Final = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if ARGV[2] == '1' then redis.call('DEL', KEYS[1], KEYS[3]) end
return 1
"""

# KEYS: turn, then rest and budget of every key. ARGV: "1" when somebody waits, limit of a day, ms of a day, limit of
# a burst, ms of a burst, one part in so many is kept, ms kept, "1" for in turn, then which keys (from 0), in order.
# Returns {when (microseconds), which or -1, for how long (ms) none is ready}, and then of every key {used, limit, ms
# left of the day, burst, ms left of the burst, ms of rest}.
TAKE: Final = (
    _NOW
    + """
local day, burst_limit, burst_ms = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local keys = {}
for i = 2, #KEYS, 2 do
  local held = redis.call('HMGET', KEYS[i + 1], 'used', 'limit', 'ends', 'burst', 'burst_ends')
  local key = {budget = KEYS[i + 1], rest = math.max(redis.call('PTTL', KEYS[i]), 0)}
  key.used, key.limit, key.ends = tonumber(held[1]) or 0, tonumber(held[2] or ARGV[2]), tonumber(held[3]) or 0
  key.burst, key.burst_ends = tonumber(held[4]) or 0, tonumber(held[5]) or 0
  if now >= key.ends then key.used, key.ends = 0, (math.floor(now / day) + 1) * day end
  if now >= key.burst_ends then key.burst, key.burst_ends = 0, (math.floor(now / burst_ms) + 1) * burst_ms end
  table.insert(keys, key)
end
local function wait(used, limit, ends)
  local most = limit
  if ARGV[1] ~= '1' then most = limit - math.ceil(limit / ARGV[6]) end
  if limit > 0 and used >= most then return ends - now end
  return 0
end
local which, soonest, many = -1, 0, #ARGV - 8
local start = 0
if ARGV[8] == '1' and many > 1 then
  start = redis.call('INCR', KEYS[1]) - 1
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
for nth = 0, many - 1 do
  local index = tonumber(ARGV[9 + (start + nth) % many])
  local key = keys[index + 1]
  local left = math.max(key.rest, wait(key.used, key.limit, key.ends), wait(key.burst, burst_limit, key.burst_ends))
  if left <= 0 then
    which, key.used, key.burst = index, key.used + 1, key.burst + 1
    redis.call('HSET', key.budget, 'used', key.used, 'ends', key.ends, 'burst', key.burst, 'burst_ends', key.burst_ends)
    if key.used == 1 then redis.call('PEXPIRE', key.budget, ARGV[7]) end
    break
  end
  if soonest == 0 or left < soonest then soonest = left end
end
local answer = {time[1] * 1000000 + time[2], which, soonest}
for _, key in ipairs(keys) do
  for _, figure in ipairs({key.used, key.limit, key.ends - now, key.burst, key.burst_ends - now, key.rest}) do
    table.insert(answer, figure)
  end
end
return answer
"""
)

# KEYS: rest. ARGV: ms. A longer rest stays. Returns whether there was none.
REST: Final = """
local left = redis.call('PTTL', KEYS[1])
if left < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return left <= 0 and 1 or 0
"""

# KEYS: budget. ARGV: limit or 0, used or -1, ms until the day turns or 0, the ticket's count, ms kept.
LEARN: Final = (
    _NOW
    + """
local held = redis.call('HMGET', KEYS[1], 'used', 'ends')
local used, ends = tonumber(held[1]) or 0, tonumber(held[2]) or 0
if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], 'limit', ARGV[1]) end
if now < ends then
  local told = tonumber(ARGV[2])
  if told >= 0 and (told > used or used == tonumber(ARGV[4])) then redis.call('HSET', KEYS[1], 'used', told) end
  if ARGV[3] ~= '0' then redis.call('HSET', KEYS[1], 'ends', now + ARGV[3]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""
)
