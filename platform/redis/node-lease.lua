-- Says that a process is alive, and hears which others are.
-- KEYS[1]  all processes, scored by the time at which their leases end
-- ARGV[1]  the name of this process
-- ARGV[2]  how long its lease holds from now on, in milliseconds
-- ARGV[3]  'begin' for a new name, 'renew' for one that is only to hold on
-- Returns whether the name holds a lease now (1 or 0), and the names of all that do.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if held or ARGV[3] == 'begin' then
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  held = true
end
return { held and 1 or 0, redis.call('ZRANGE', KEYS[1], 0, -1) }
