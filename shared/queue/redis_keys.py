"""The queue's keys in Redis, and the scripts that enqueue and claim atomically.

The keys::

    marquee:jobs:interactive, …-2, …-3    interactive jobs, by how much work their client has waiting
    marquee:jobs:refresh, …:prefetch      the other streams; an entry is {job: <RenderJob>, work: <its work>}
    marquee:jobs:dead                     dead letters
    marquee:pending:<picture>             a job for it is queued or in progress; "hint": only a prefetch that waits;
                                          an entry's id: that prefetch is in progress
    marquee:fresh:<picture or hash:media> it is known to be fresh
    marquee:backlog:<client>              when the client's interactive jobs will have been worked off
    marquee:announced:<period>            the pictures that gateways redirected to (``announced.py``)
    marquee:done                          the channel of RenderDone
"""

from typing import Final

from shared.queue.messages import Priority

GROUP: Final = "painters"
_JOBS: Final = "marquee:jobs:"
STREAMS: Final = {priority: f"{_JOBS}{priority}" for priority in Priority}
LEVELS: Final = tuple(f"{STREAMS[Priority.INTERACTIVE]}{ending}" for ending in ("", "-2", "-3"))
"""The streams of interactive jobs: the first is for clients with little work waiting, the last for those with much."""

SHARES: Final = {LEVELS[0]: 64, LEVELS[1]: 16, LEVELS[2]: 8, STREAMS[Priority.REFRESH]: 8}
"""Work that is claimed from each stream in one round, in this order; prefetches come when all of these are empty."""

PRIORITIES: Final = dict.fromkeys(LEVELS, Priority.INTERACTIVE) | {
    STREAMS[priority]: priority for priority in (Priority.REFRESH, Priority.PREFETCH)
}
"""The priority of every stream, in the order of claiming."""

DEAD_STREAM: Final = "marquee:jobs:dead"
DONE_CHANNEL: Final = "marquee:done"
HINT: Final = "hint"

MS_PER_WORK: Final = 25
"""What a client's backlog shrinks by: three times as long as one core takes, so that no client gets all of it."""

LEVEL_WORK: Final = (32, 256)
"""The greatest backlog, in work, of a client's jobs on the first two levels: a page of posters, and eight of them."""

BACKLOG_MOST: Final = 2400
"""Work that a backlog holds at most: a minute after its last job, every client is on the first level again."""

# Enqueues one job atomically. KEYS: pending mark, fresh mark, backlog, then the stream, or the levels to choose from.
# ARGV: job, group, mark seconds, bound, "1" for a hint, the new mark, work, milliseconds per work, most backlog in
# milliseconds, and how much of it each level but the last takes.
ENQUEUE_SCRIPT: Final = """
local mark, fresh = unpack(redis.call('MGET', KEYS[1], KEYS[2]))
if ARGV[5] == '1' and fresh then return 'known' end
if mark and (mark ~= 'hint' or ARGV[6] == 'hint') then return 'pending' end
local stream, now, backlog = KEYS[4], nil, nil
if #KEYS > 4 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
  backlog = math.max(tonumber(redis.call('GET', KEYS[3]) or '0') - now, 0) + ARGV[7] * ARGV[8]
  for level = 5, #KEYS do
    if backlog > tonumber(ARGV[level + 5]) then stream = KEYS[level] end
  end
end
local held = nil
local groups = redis.pcall('XINFO', 'GROUPS', stream)
if not groups.err then
  for _, group in ipairs(groups) do
    local of = {}
    for i = 1, #group, 2 do of[group[i]] = group[i + 1] end
    if of['name'] == ARGV[2] then
      held = of['lag'] and of['lag'] + of['pending'] or redis.call('XLEN', stream)
    end
  end
end
if held == nil then
  for nth = 4, #KEYS do redis.pcall('XGROUP', 'CREATE', KEYS[nth], ARGV[2], '0', 'MKSTREAM') end
  held = redis.call('XLEN', stream)
end
if held >= tonumber(ARGV[4]) then return 'full' end
if backlog then
  backlog = math.ceil(math.min(backlog, tonumber(ARGV[9])))
  redis.call('SET', KEYS[3], string.format('%.0f', now + backlog), 'PX', string.format('%.0f', backlog))
end
redis.call('SET', KEYS[1], ARGV[6], 'EX', ARGV[3])
redis.call('XADD', stream, '*', 'job', ARGV[1], 'work', ARGV[7])
return 'queued'
"""

# Claims new jobs: deficit round robin by work. KEYS: the streams, prefetches last. ARGV: group, consumer, jobs in all,
# jobs and work from other streams than the first; then for each stream but the last its credit, and its share.
# Returns the credits, and {stream's number, id, fields} for each job.
CLAIM_SCRIPT: Final = """
local jobs, others, work = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local last, found, credits, shares, open = #KEYS, {}, {}, {}, {}
local function claim(nth)
  local read = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 1, 'STREAMS', KEYS[nth], '>')
  if not read then return nil end
  local id, fields, cost = read[1][2][1][1], read[1][2][1][2], 1
  for i = 1, #fields, 2 do if fields[i] == 'work' then cost = tonumber(fields[i + 1]) or 1 end end
  found[#found + 1] = {nth, id, fields}
  jobs = jobs - 1
  if nth > 1 then others, work = others - 1, work - cost end
  return cost
end
local function may(nth) return jobs > 0 and (nth == 1 or (others > 0 and work > 0)) end
for nth = 1, last - 1 do
  credits[nth], shares[nth], open[nth] = tonumber(ARGV[nth * 2 + 4]), tonumber(ARGV[nth * 2 + 5]), true
end
repeat
  local waits = false
  for nth = 1, last - 1 do
    while open[nth] and credits[nth] > 0 and may(nth) do
      local cost = claim(nth)
      if cost then credits[nth] = credits[nth] - cost else open[nth] = false end
    end
    if open[nth] and may(nth) then waits = true end
  end
  if waits then
    for nth = 1, last - 1 do credits[nth] = math.min(credits[nth] + shares[nth], shares[nth]) end
  end
until not waits
while may(last) and claim(last) do end
local left = {}
for nth = 1, last - 1 do left[nth] = tostring(credits[nth]) end
return {left, found}
"""

# Decides about a prefetch that was claimed for the first time: 1 to draw it; 0 when it is too late, or an interactive
# job has taken its place, and then it is settled. The new mark names the entry, so that the answer is the same when the
# script is run twice. KEYS: pending mark, stream. ARGV: group, entry, mark seconds.
HINT_SCRIPT: Final = """
local mark = redis.call('GET', KEYS[1])
if mark == 'hint' or mark == ARGV[2] then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  return 1
end
redis.call('XACK', KEYS[2], ARGV[1], ARGV[2])
return 0
"""

# Ends a job. KEYS: stream, pending mark, fresh marks. ARGV: group, entry, channel, result, seconds of the fresh marks.
ACK_SCRIPT: Final = """
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('DEL', KEYS[2])
for nth = 3, #KEYS do redis.call('SET', KEYS[nth], '1', 'EX', ARGV[5]) end
return redis.call('PUBLISH', ARGV[3], ARGV[4])
"""


def pending(picture: str) -> str:
    """Return the key of a picture's pending mark."""
    return f"marquee:pending:{picture}"


def fresh(picture: str) -> str:
    """Return the key of a picture's fresh mark."""
    return f"marquee:fresh:{picture}"


def backlog(client: str) -> str:
    """Return the key of a client's backlog."""
    return f"marquee:backlog:{client}"


def short_name(stream: str) -> str:
    """Return a stream's name in receipts."""
    return stream.removeprefix(_JOBS)


def stream_of(name: str) -> str:
    """Return the stream with this name in receipts."""
    return f"{_JOBS}{name}"
