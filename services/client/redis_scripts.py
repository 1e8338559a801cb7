"""The Lua scripts of the shared limits: each runs atomically, in one round trip, by Redis's clock.

The keys, all of which expire::

    marquee:source:<source>:open              until when (ms) the breaker is open
    marquee:source:<source>:probe             the token of the running probe
    marquee:source:<source>:accidents         times (ms) of the last failures
    marquee:source:<source>:turn              the counter of the key rotation
    marquee:source:<source>:rest:<key>        the key of this name is cooling down
    marquee:source:<source>:budget:<key>      its windows: used, limit, ends, burst, burst_ends
"""

from typing import Final

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""

CLOSED: Final = 0
PROBE: Final = 1

# KEYS: open, probe. ARGV: token, timeout of a probe (ms). Returns the state, and how long (ms) it stays open.
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

# KEYS: open, probe, accidents. ARGV: token or empty, window (ms), failures that open it, open time (ms), extra TTL.
# Returns how long (ms) it stays open, 0 if it is closed.
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

# KEYS: open, probe, accidents. ARGV: token, "1" if the probe succeeded. An expired token has no effect.
END_PROBE: Final = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
if ARGV[2] == '1' then redis.call('DEL', KEYS[1], KEYS[3]) end
return 1
"""

# KEYS: turn, then rest and budget of every key. ARGV: "1" if urgent, daily limit, length of a day (ms), burst limit,
# length of a burst (ms), divisor of the reserve, TTL (ms), "1" for rotation, the number of the keys to choose from and
# their indexes, in order, then for every key how many earlier calls are to be counted.
# Returns {time (microseconds), index or -1, time until one is ready (ms)}, then for every key {used, limit, time left
# of the day (ms), burst, time left of the burst (ms), cooldown (ms)}.
ACQUIRE: Final = (
    _NOW
    + """
local day, burst_limit, burst_ms = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local keys = {}
for i = 2, #KEYS, 2 do
  local saved = redis.call('HMGET', KEYS[i + 1], 'used', 'limit', 'ends', 'burst', 'burst_ends')
  local key = {budget = KEYS[i + 1], cooldown = math.max(redis.call('PTTL', KEYS[i]), 0)}
  key.used, key.limit, key.ends = tonumber(saved[1]) or 0, tonumber(saved[2] or ARGV[2]), tonumber(saved[3]) or 0
  key.burst, key.burst_ends = tonumber(saved[4]) or 0, tonumber(saved[5]) or 0
  if now >= key.ends then key.used, key.ends = 0, (math.floor(now / day) + 1) * day end
  if now >= key.burst_ends then key.burst, key.burst_ends = 0, (math.floor(now / burst_ms) + 1) * burst_ms end
  key.more = tonumber(ARGV[9 + ARGV[9] + i / 2])
  key.used, key.burst = key.used + key.more, key.burst + key.more
  table.insert(keys, key)
end
local function wait(used, limit, ends)
  local most = limit
  if ARGV[1] ~= '1' then most = limit - math.ceil(limit / ARGV[6]) end
  if limit > 0 and used >= most then return ends - now end
  return 0
end
local which, soonest, many = -1, 0, tonumber(ARGV[9])
local function save(key, is_new)
  redis.call('HSET', key.budget, 'used', key.used, 'ends', key.ends, 'burst', key.burst, 'burst_ends', key.burst_ends)
  if is_new then redis.call('PEXPIRE', key.budget, ARGV[7]) end
end
local start = 0
if ARGV[8] == '1' and many > 1 then
  start = redis.call('INCR', KEYS[1]) - 1
  redis.call('PEXPIRE', KEYS[1], ARGV[7])
end
for nth = 0, many - 1 do
  local index = tonumber(ARGV[10 + (start + nth) % many])
  local key = keys[index + 1]
  local left = math.max(key.cooldown, wait(key.used, key.limit, key.ends), wait(key.burst, burst_limit, key.burst_ends))
  if left <= 0 then
    which, key.used, key.burst = index, key.used + 1, key.burst + 1
    save(key, key.used == key.more + 1)
    key.more = 0
    break
  end
  if soonest == 0 or left < soonest then soonest = left end
end
for _, key in ipairs(keys) do if key.more > 0 then save(key, key.used == key.more) end end
local reply = {time[1] * 1000000 + time[2], which, soonest}
for _, key in ipairs(keys) do
  for _, figure in ipairs({key.used, key.limit, key.ends - now, key.burst, key.burst_ends - now, key.cooldown}) do
    table.insert(reply, figure)
  end
end
return reply
"""
)

# KEYS: rest. ARGV: cooldown (ms). Never shortens a cooldown. Returns whether there was none.
COOL_DOWN: Final = """
local left = redis.call('PTTL', KEYS[1])
if left < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return left <= 0 and 1 or 0
"""

# KEYS: budget. ARGV: limit or 0, used or -1, time until the reset (ms) or 0, the permit's count, TTL (ms).
RECORD: Final = (
    _NOW
    + """
local saved = redis.call('HMGET', KEYS[1], 'used', 'ends')
local used, ends = tonumber(saved[1]) or 0, tonumber(saved[2]) or 0
if ARGV[1] ~= '0' then redis.call('HSET', KEYS[1], 'limit', ARGV[1]) end
if now < ends then
  local count = tonumber(ARGV[2])
  if count >= 0 and (count > used or used == tonumber(ARGV[4])) then redis.call('HSET', KEYS[1], 'used', count) end
  if ARGV[3] ~= '0' then redis.call('HSET', KEYS[1], 'ends', now + ARGV[3]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
"""
)
