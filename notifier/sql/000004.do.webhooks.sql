-- Webhooks: where the marketplace's own back end is told what happens, and what is on the way there.

-- `types` null: all. `paused` says why nothing is sent (asked, gone, failing); what is due waits meanwhile.
-- `failing_since_ms`: nothing was taken since then. `held_until_ms`: the receiver asked to be left alone.
CREATE TABLE webhooks (
  webhook_id       uuid PRIMARY KEY,
  url              text NOT NULL,
  types            text[],
  description      text,
  paused           text,
  created_by       text NOT NULL,
  created_at_ms    bigint NOT NULL,
  failing_since_ms bigint,
  held_until_ms    bigint
);

-- What signs. Nobody reads them but those who send; the newest has no end.
CREATE TABLE webhook_secrets (
  webhook_id    uuid NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  secret_id     uuid NOT NULL,
  secret        text NOT NULL,
  created_at_ms bigint NOT NULL,
  until_ms      bigint,
  PRIMARY KEY (webhook_id, secret_id)
);

-- What is told, once for all webhooks. Only where it stands in the logs: its words are read from there
-- whenever it is sent, so what was deleted or erased meanwhile is in no webhook, and in no table of theirs.
-- Bids on a lot are gathered: the event of a lot that is not `sealed` still grows, until `seal_at_ms`.
CREATE TABLE webhook_events (
  event_id     uuid PRIMARY KEY,
  type         text NOT NULL,
  source       text NOT NULL,
  aggregate_id uuid NOT NULL,
  from_seq     bigint NOT NULL,
  to_seq       bigint NOT NULL,
  at_ms        bigint NOT NULL,
  bids         integer NOT NULL,
  sealed       boolean NOT NULL,
  seal_at_ms   bigint NOT NULL
);
CREATE UNIQUE INDEX webhook_events_growing ON webhook_events (aggregate_id) WHERE NOT sealed;
CREATE INDEX webhook_events_by_age ON webhook_events (at_ms);

-- An event on its way to a webhook: its own job. Whoever sends it moves `due_at_ms` to when another may take
-- it for left behind, so a sender that dies loses nothing and two do not send the same.
CREATE TABLE webhook_deliveries (
  event_id      uuid NOT NULL REFERENCES webhook_events ON DELETE CASCADE,
  -- No reference: a webhook may have millions of them, and is to be gone at once when it is deleted.
  webhook_id    uuid NOT NULL,
  state         text NOT NULL DEFAULT 'waiting',
  attempts      integer NOT NULL DEFAULT 0,
  due_at_ms     bigint NOT NULL,
  settled_at_ms bigint,
  last_status   integer,
  last_fault    text,
  PRIMARY KEY (event_id, webhook_id)
);
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, event_id);
CREATE INDEX webhook_deliveries_unsettled ON webhook_deliveries (webhook_id, state, event_id)
  WHERE state <> 'delivered';
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at_ms)
  WHERE state = 'waiting';

-- Who asked for what, and when: written before it is done, so nothing is done that is not here. Never changed.
CREATE TABLE webhook_log (
  entry_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at_ms      bigint NOT NULL,
  service_id text COLLATE "C" NOT NULL,
  action     text NOT NULL,
  webhook_id uuid NOT NULL,
  detail     jsonb NOT NULL
);

-- As their owners see them. Never with a secret: nothing but the sender reads those.
CREATE VIEW webhook_views AS
  SELECT w.webhook_id, w.created_at_ms,
         jsonb_strip_nulls(jsonb_build_object(
           'webhookId', w.webhook_id, 'url', w.url, 'types', to_jsonb(w.types),
           'description', w.description, 'paused', w.paused, 'createdAt', w.created_at_ms,
           'failingSince', w.failing_since_ms,
           'heldUntil', CASE WHEN w.held_until_ms > present.ms THEN w.held_until_ms END,
           'oldSecretUntil', (SELECT max(s.until_ms) FROM webhook_secrets s
                               WHERE s.webhook_id = w.webhook_id AND s.until_ms > present.ms)
         )) AS view
    FROM webhooks w
   CROSS JOIN (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms) present;

CREATE VIEW webhook_delivery_views AS
  SELECT d.webhook_id, d.event_id, d.state,
         jsonb_strip_nulls(jsonb_build_object(
           'eventId', d.event_id, 'type', v.type, 'at', v.at_ms, 'state', d.state,
           'attempts', d.attempts,
           'nextAttemptAt', CASE WHEN d.state = 'waiting' THEN d.due_at_ms END,
           'settledAt', d.settled_at_ms, 'lastStatus', d.last_status, 'lastFault', d.last_fault
         )) AS view
    FROM webhook_deliveries d JOIN webhook_events v USING (event_id);
