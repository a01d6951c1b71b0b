-- Each relay looks for the commits of its own service, the notifier for those of all: one index for each
-- question, since every commit pays for every index its row stands in.
DROP INDEX outbox_to_publish;
CREATE INDEX outbox_to_publish ON outbox (source, id) WHERE NOT published;
