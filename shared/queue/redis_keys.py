"""The queue's keys in Redis, and the script that enqueues atomically.

The keys::

    marquee:jobs:interactive, marquee:jobs:refresh    the streams; an entry is {job: <RenderJob>}
    marquee:jobs:dead                                 dead letters
    marquee:pending:<picture>                         a job for it is queued or in progress
    marquee:fresh:<picture or hash:media>             it is known to be fresh
    marquee:done                                      the channel of RenderDone
"""

from typing import Final

from shared.queue.messages import Priority

GROUP: Final = "painters"
STREAMS: Final = {priority: f"marquee:jobs:{priority}" for priority in Priority}
DEAD_STREAM: Final = "marquee:jobs:dead"
DONE_CHANNEL: Final = "marquee:done"

# Enqueues one job atomically. KEYS: stream, pending mark, fresh mark.
# ARGV: job, group, mark seconds, bound, "1" for a hint.
ENQUEUE_SCRIPT: Final = """
if ARGV[5] == '1' and redis.call('EXISTS', KEYS[3]) == 1 then return 'known' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'pending' end
local held = nil
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if not groups.err then
  for _, group in ipairs(groups) do
    local of = {}
    for i = 1, #group, 2 do of[group[i]] = group[i + 1] end
    if of['name'] == ARGV[2] then
      held = of['lag'] and of['lag'] + of['pending'] or redis.call('XLEN', KEYS[1])
    end
  end
end
if held == nil then
  redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[2], '0', 'MKSTREAM')
  held = redis.call('XLEN', KEYS[1])
end
if held >= tonumber(ARGV[4]) then return 'full' end
redis.call('SET', KEYS[2], '1', 'EX', ARGV[3])
redis.call('XADD', KEYS[1], '*', 'job', ARGV[1])
return 'queued'
"""


def pending(picture: str) -> str:
    """Return the key of a picture's pending mark."""
    return f"marquee:pending:{picture}"


def fresh(picture: str) -> str:
    """Return the key of a picture's fresh mark."""
    return f"marquee:fresh:{picture}"
