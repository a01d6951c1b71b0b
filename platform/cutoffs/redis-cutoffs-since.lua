-- Reads the cutoffs that were raised since a moment, oldest first.
-- KEYS[1]  cutoffs by key
-- KEYS[2]  the keys, scored by when they were raised
-- ARGV[1]  the moment, by the clock of Redis, in milliseconds
-- ARGV[2]  how many at most
-- Returns keys, cutoffs and moments of raising, in turn.
local raised = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local answer = {}
for at = 1, #raised, 2 do
  answer[#answer + 1] = raised[at]
  answer[#answer + 1] = redis.call('HGET', KEYS[1], raised[at]) or '0'
  answer[#answer + 1] = raised[at + 1]
end
return answer
