-- For how long things are kept.

-- From when on everything is there; what is older was thinned by retention. In one that was emptied it is
-- the end of time, until something is said there again (see commit_chat_batch). An index on when something
-- was last said would say the same, but then each commit would write it anew (2 % of the updates stayed
-- on their page, against 95 %).
ALTER TABLE conversations ADD COLUMN kept_from_ms bigint NOT NULL DEFAULT 0;
CREATE INDEX conversations_to_thin ON conversations (kind, kept_from_ms) WHERE NOT legal_hold;

-- Deletes what conversations of one kind hold from before `before_ms`, except under legal hold: of at
-- most `conversations_max` of them, those that wait longest first. Returns how many conversations were
-- looked at, and how many messages went. A stream that lost its beginning keeps its numbers: who comes
-- with an older offset is told that it can not be recovered.
CREATE FUNCTION thin_conversations(
  thinned_kind text, before_ms bigint, conversations_max integer,
  OUT conversations integer, OUT messages bigint
) LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
  oldest_kept uuid := uuid_v7_floor(before_ms);
BEGIN
  -- A conversation in which somebody writes right now is left to the next pass.
  SELECT array_agg(due.conversation_id) INTO ids
    FROM (SELECT c.conversation_id FROM conversations c
           WHERE c.kind = thinned_kind AND c.kept_from_ms < before_ms AND NOT c.legal_hold
           ORDER BY c.kept_from_ms LIMIT conversations_max
             FOR UPDATE SKIP LOCKED) AS due;
  conversations := coalesce(cardinality(ids), 0);

  -- Without its message an upload is one that nobody sent, and is swept away as such.
  UPDATE attachments a SET message_id = NULL
   WHERE a.conversation_id = ANY (ids) AND a.message_id < oldest_kept;
  DELETE FROM message_versions v WHERE v.conversation_id = ANY (ids) AND v.message_id < oldest_kept;
  DELETE FROM message_hides h WHERE h.conversation_id = ANY (ids) AND h.message_id < oldest_kept;
  DELETE FROM reactions r WHERE r.conversation_id = ANY (ids) AND r.message_id < oldest_kept;
  DELETE FROM conversation_events e WHERE e.conversation_id = ANY (ids) AND e.at_ms < before_ms;
  DELETE FROM messages m WHERE m.conversation_id = ANY (ids) AND m.message_id < oldest_kept;
  GET DIAGNOSTICS messages = ROW_COUNT;

  UPDATE conversations c
     SET version = c.version + 1,
         kept_from_ms = CASE WHEN EXISTS (SELECT FROM conversation_events e
                                           WHERE e.conversation_id = c.conversation_id)
                             THEN before_ms ELSE 9223372036854775807 END
   WHERE c.conversation_id = ANY (ids);
END $$;

-- Removes the months that end before `before_ms` and hold nothing any more, as far as nobody is at work on
-- their tables. Returns how many.
CREATE FUNCTION drop_empty_chat_partitions(before_ms bigint) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
  part record;
  filled boolean;
  dropped integer := 0;
BEGIN
  -- A drop needs a whole table for itself and keeps it to the end, while everybody else takes the tables in
  -- whatever order. As a new month it gives up before anybody's wait would count as a deadlock (1 s).
  PERFORM set_config('lock_timeout', '200ms', true);
  -- Of several that come at once one does it; a table that another drops meanwhile could not be asked.
  IF NOT pg_try_advisory_xact_lock(hashtext('drop_empty_chat_partitions')) THEN
    RETURN 0;
  END IF;
  FOR part IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent IN ('messages'::regclass, 'conversation_events'::regclass)
       AND c.relname ~ '_\d{4}_\d{2}$'
       AND to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month'
             <= to_timestamp(before_ms / 1000.0) AT TIME ZONE 'UTC'
     ORDER BY c.relname
  LOOP
    BEGIN
      EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part.relname) INTO filled;
      IF NOT filled THEN
        EXECUTE format('DROP TABLE %I', part.relname);
        dropped := dropped + 1;
      END IF;
    EXCEPTION
      -- The others wait for the tables that it has already, so the rest is left to the next call.
      WHEN lock_not_available THEN EXIT;
    END;
  END LOOP;
  RETURN dropped;
END $$;

-- When an erasure is looked at next: one that a legal hold keeps from its end waits for a while.
ALTER TABLE erasures ADD COLUMN next_at_ms bigint NOT NULL DEFAULT 0;

-- What of an erased user's words is not a message of its own: former texts, drafts, quotes, notes, whom
-- it blocked and what it reacted to (the counts stay). Nothing under legal hold is touched. Returns
-- whether that was all, so that nothing of the user is under legal hold.
CREATE FUNCTION erase_traces(erased_user text, now_ms bigint, again_ms bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[];
  is_all boolean;
BEGIN
  -- Before any conversation is locked, as whoever unblocks somebody does it.
  DELETE FROM blocks b WHERE b.blocker_id = erased_user;

  SELECT array_agg(c.conversation_id ORDER BY c.conversation_id) INTO ids
    FROM conversation_members m JOIN conversations c ON c.conversation_id = m.conversation_id
   WHERE m.user_id = erased_user AND NOT c.legal_hold;
  PERFORM FROM conversations c WHERE c.conversation_id = ANY (ids)
    ORDER BY c.conversation_id FOR UPDATE;

  DELETE FROM message_versions v
   WHERE v.conversation_id = ANY (ids) AND v.view ->> 'senderId' = erased_user;
  UPDATE messages m SET view = jsonb_set(m.view, '{replyTo,text}', '""')
   WHERE m.conversation_id = ANY (ids) AND m.view -> 'replyTo' ->> 'senderId' = erased_user;
  UPDATE conversation_members m SET draft = NULL
   WHERE m.user_id = erased_user AND m.conversation_id = ANY (ids);
  DELETE FROM reactions r WHERE r.user_id = erased_user AND r.conversation_id = ANY (ids);
  UPDATE moderation_cases k SET note = NULL
   WHERE k.reported_by = erased_user AND k.conversation_id = ANY (ids);
  UPDATE attachments a SET file_name = 'erased'
   WHERE a.owner_id = erased_user AND a.conversation_id = ANY (ids);
  UPDATE chat_settings s SET hide_read_marks = false WHERE s.user_id = erased_user;
  UPDATE conversations c SET version = c.version + 1 WHERE c.conversation_id = ANY (ids);

  SELECT NOT EXISTS (
    SELECT FROM conversation_members m JOIN conversations c ON c.conversation_id = m.conversation_id
     WHERE m.user_id = erased_user AND c.legal_hold) INTO is_all;
  UPDATE erasures
     SET done_at_ms = CASE WHEN is_all THEN now_ms END, next_at_ms = now_ms + again_ms
   WHERE user_id = erased_user;
  RETURN is_all;
END $$;
