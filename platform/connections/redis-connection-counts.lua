-- Lets a connection in where all processes together have room for one more.
-- KEYS[1]  the counts of one key, by process
-- ARGV[1]  the process that asks
-- ARGV[2]  its own count, the new connection included
-- ARGV[3]  how many connections there may be
-- ARGV[4]  after how many milliseconds all is forgotten, unless it is written again
-- ARGV[5…] the other processes that are alive
-- Returns 1 where it is let in, else 0.
local total = tonumber(ARGV[2])
for at = 5, #ARGV do
  total = total + (tonumber(redis.call('HGET', KEYS[1], ARGV[at]) or 0))
end
if total > tonumber(ARGV[3]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
