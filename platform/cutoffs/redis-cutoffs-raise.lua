-- Moves the cutoff of a key forwards.
-- KEYS[1]  cutoffs by key
-- KEYS[2]  the keys, scored by when they were raised
-- ARGV[1]  the key
-- ARGV[2]  its cutoff, in milliseconds since 1970
-- ARGV[3]  how long a cutoff is kept after it was raised, in milliseconds
-- ARGV[4]  how many are kept
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if tonumber(ARGV[2]) > tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '-inf') then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('ZADD', KEYS[2], now, ARGV[1])
end
local old = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3], 'LIMIT', 0, 100)
if #old == 0 and redis.call('ZCARD', KEYS[2]) > tonumber(ARGV[4]) then
  old = redis.call('ZRANGE', KEYS[2], 0, 0)
end
if #old > 0 then
  redis.call('HDEL', KEYS[1], unpack(old))
  redis.call('ZREM', KEYS[2], unpack(old))
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
