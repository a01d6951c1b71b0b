-- Takes points from a window that is counted over all processes.
-- KEYS[1]  the counter; it lives as long as its window
-- ARGV[1]  how many points
-- ARGV[2]  the length of a window that begins now, in milliseconds
-- Returns how many points were taken in this window so far, and its remaining milliseconds.
redis.call('SET', KEYS[1], 0, 'PX', ARGV[2], 'NX')
local taken = redis.call('INCRBY', KEYS[1], ARGV[1])
local remaining = redis.call('PTTL', KEYS[1])
if remaining == -1 then
  -- Somebody has taken its end away; nothing may be limited for ever.
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  remaining = tonumber(ARGV[2])
end
return { taken, remaining }
