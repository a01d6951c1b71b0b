-- Less for the database to do per message: a batch of 128 in 16 rooms takes it a fifth less.
--
-- Nearly all messages of a batch are new, and those are inserted without care for any that is there already,
-- which made each insert look twice; the few that were changed are updated apart. Whether a command was answered
-- before is not looked up for each, but left to the key of the answers, which looks anyway.

-- Makes one batch of decisions true, in one call: per conversation everything or nothing.
--
-- Parameters are parallel arrays, one family each:
--   made_…    conversations that are expected not to exist
--   chat_…    the conversations of the batch: the version each was decided upon (0: it does not exist),
--             how it stands afterwards, and which events it had (null: none)
--   member_…  members that are new or changed; and guests, of whom nothing was read
--   message_… messages that are new or, where not `message_is_new`, changed
--   event_…   every event
--   command_… the first answers to commands
--   seldom    what few batches have (see write_chat_seldom), or null
-- Of a message `message_is_sought` says whether search may find it. Where `looks_for_answers`, it is looked,
-- under the lock, whether the commands were answered before. Whether a guest is silenced is always looked for
-- there; one who is a member already stays as it is.
--
-- Returns one row per conversation, in the order given:
--   ok        written; `outbox_id` is the row left for its events, if it had any
--   already   this very batch was written before (its answer was lost)
--   conflict  the conversation stands at another version, a command was answered before, or a guest is
--             silenced; nothing of it was written
--
-- Raises unique_violation of `conversation_commands_once`, and writes nothing at all, where a command was
-- answered before and it was not looked. It has raised the version then, so where its answer was read before
-- that is the caller's fault.
--
-- Wide arrays are unnested in the select list: there PostgreSQL steps through them side by side, while in FROM
-- it first keeps a copy of each cell.
DROP FUNCTION commit_chat_batch;
CREATE FUNCTION commit_chat_batch(
  batch uuid, now_ms bigint,
  made_id uuid[], made_kind text[], made_subject_type text[], made_subject_id text[],
  made_buyer text[], made_seller text[], made_at_ms bigint[],
  chat_id uuid[], chat_version bigint[], chat_last_seq bigint[], chat_last_message uuid[],
  chat_last_message_seq bigint[], chat_last_message_at_ms bigint[], chat_slow_mode_ms integer[], chat_open_offer uuid[],
  chat_due_ms bigint[], chat_legal_hold boolean[], chat_first_event bigint[], chat_last_event bigint[],
  member_chat uuid[], member_user text[], member_role text[], member_joined bigint[],
  member_delivered bigint[], member_read bigint[], member_told_delivered bigint[],
  member_told_read bigint[], member_told_at_ms bigint[], member_muted_until_ms bigint[],
  member_archived boolean[], member_pinned boolean[], member_draft text[],
  member_silenced_until_ms bigint[], member_is_guest boolean[],
  message_chat uuid[], message_id uuid[], message_seq bigint[], message_sender text[],
  message_kind text[], message_at_ms bigint[], message_state text[], message_view jsonb[],
  message_is_sought boolean[], message_is_new boolean[],
  event_chat uuid[], event_seq bigint[], event_at_ms bigint[], event_type text[], event_actor text[],
  event_message uuid[], event_detail jsonb[],
  command_chat uuid[], command_actor text[], command_id uuid[], command_fingerprint text[],
  command_reply json[],
  seldom jsonb, looks_for_answers boolean
) RETURNS TABLE (status text, outbox_id bigint)
LANGUAGE plpgsql
-- Every row is looked up by its key, whatever the statistics were when the statements were planned: a
-- plan made while the tables were small would read them whole, until somebody analyses them.
-- One plan serves all calls: to plan anew cost a lone message a quarter of the database's time.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  statuses text[] := array_fill('conflict'::text, ARRAY[cardinality(chat_id)]);
  told_ids bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(chat_id)]);
  -- The conversations whose status is ok; and whether that are all, as nearly always: then no row is looked
  -- for among them, which in a batch of 256 conversations took a tenth of the time.
  written uuid[];
  is_all boolean;
  -- Those of which it turns out only here that they can not be written.
  doubtful uuid[];
  found record;
BEGIN
  -- What shall be new is made at version 0, which nobody else ever sees: of two batches that make the same
  -- one the second waits here, finds it at a version above 0 below, and conflicts. Rows are made in the
  -- order of their ids, and before any is locked, so two batches can not wait for each other.
  IF cardinality(made_id) > 0 THEN
    INSERT INTO conversations
           (conversation_id, kind, subject_type, subject_id, buyer_id, seller_id, created_at_ms,
            version, batch_id, last_seq, last_message_at_ms)
    SELECT m.*, 0, m.id, 0, m.at_ms
      FROM unnest(made_id, made_kind, made_subject_type, made_subject_id, made_buyer, made_seller,
                  made_at_ms) AS m (id, kind, subject_type, subject_id, buyer, seller, at_ms)
     ORDER BY m.id
        ON CONFLICT (conversation_id) DO NOTHING;
  END IF;

  FOR found IN
    SELECT b.place, b.version AS expected, c.version, c.batch_id
      FROM unnest(chat_id, chat_version) WITH ORDINALITY AS b (id, version, place)
      JOIN conversations c ON c.conversation_id = b.id
     ORDER BY c.conversation_id FOR UPDATE OF c
  LOOP
    IF found.batch_id = batch THEN
      statuses[found.place] := 'already';
    ELSIF found.version = found.expected THEN
      statuses[found.place] := 'ok';
      written := written || chat_id[found.place];
    END IF;
  END LOOP;

  IF looks_for_answers THEN
    SELECT array_agg(k.conversation_id) INTO doubtful
      FROM unnest(command_chat, command_actor, command_id) AS b (id, actor, command)
      JOIN conversation_commands k
        ON k.conversation_id = b.id AND k.actor_id = b.actor COLLATE "C" AND k.command_id = b.command;
  END IF;
  IF true = ANY (member_is_guest) THEN
    SELECT doubtful || array_agg(b.id) INTO doubtful
      FROM unnest(member_chat, member_user, member_is_guest) AS b (id, guest, is_guest)
      LEFT JOIN conversation_members m ON m.conversation_id = b.id AND m.user_id = b.guest COLLATE "C"
      LEFT JOIN chat_settings s ON s.user_id = b.guest COLLATE "C"
     WHERE b.is_guest AND greatest(m.silenced_until_ms, s.silenced_until_ms) > now_ms;
  END IF;
  IF doubtful IS NOT NULL THEN
    FOR found IN
      SELECT b.place, b.id FROM unnest(chat_id, statuses) WITH ORDINALITY AS b (id, status, place)
       WHERE b.status = 'ok' AND b.id = ANY (doubtful)
    LOOP
      statuses[found.place] := 'conflict';
      written := array_remove(written, found.id);
    END LOOP;
  END IF;
  is_all := cardinality(written) = cardinality(chat_id);

  UPDATE conversations c
     SET version = b.version + 1, batch_id = batch, last_seq = b.last_seq,
         last_message_id = b.last_message, last_message_seq = b.last_message_seq,
         last_message_at_ms = b.last_message_at_ms,
         slow_mode_ms = b.slow_mode_ms, open_offer_id = b.open_offer, due_ms = b.due_ms,
         legal_hold = b.legal_hold,
         -- One that retention emptied may hold something again.
         kept_from_ms = least(c.kept_from_ms, b.last_message_at_ms)
    FROM unnest(chat_id, chat_version, chat_last_seq, chat_last_message, chat_last_message_seq,
                chat_last_message_at_ms, chat_slow_mode_ms, chat_open_offer, chat_due_ms, chat_legal_hold)
           AS b (id, version, last_seq, last_message, last_message_seq, last_message_at_ms,
                 slow_mode_ms, open_offer, due_ms, legal_hold)
   WHERE c.conversation_id = b.id AND (is_all OR b.id = ANY (written));

  IF false = ANY (member_is_guest) THEN
    INSERT INTO conversation_members
           (conversation_id, user_id, role, joined_seq, delivered_seq, read_seq, told_delivered_seq,
            told_read_seq, told_at_ms, muted_until_ms, archived, pinned, draft, silenced_until_ms)
    SELECT m.id, m.member, m.role, m.joined, m.delivered, m.read, m.told_delivered, m.told_read,
           m.told_at_ms, m.muted_until_ms, m.archived, m.pinned, m.draft, m.silenced_until_ms
      FROM unnest(member_chat, member_user, member_role, member_joined, member_delivered, member_read,
                  member_told_delivered, member_told_read, member_told_at_ms, member_muted_until_ms,
                  member_archived, member_pinned, member_draft, member_silenced_until_ms,
                  member_is_guest)
             AS m (id, member, role, joined, delivered, read, told_delivered, told_read, told_at_ms,
                   muted_until_ms, archived, pinned, draft, silenced_until_ms, is_guest)
     WHERE NOT m.is_guest AND (is_all OR m.id = ANY (written))
        ON CONFLICT (conversation_id, user_id) DO UPDATE SET
             delivered_seq = excluded.delivered_seq, read_seq = excluded.read_seq,
             told_delivered_seq = excluded.told_delivered_seq, told_read_seq = excluded.told_read_seq,
             told_at_ms = excluded.told_at_ms, muted_until_ms = excluded.muted_until_ms,
             archived = excluded.archived, pinned = excluded.pinned, draft = excluded.draft,
             silenced_until_ms = excluded.silenced_until_ms;
  END IF;
  IF true = ANY (member_is_guest) THEN
    INSERT INTO conversation_members
           (conversation_id, user_id, role, joined_seq, delivered_seq, read_seq, told_delivered_seq,
            told_read_seq, told_at_ms)
    SELECT m.id, m.guest, m.role, m.joined, m.joined, m.joined, m.joined, m.joined, m.told_at_ms
      FROM unnest(member_chat, member_user, member_role, member_joined, member_told_at_ms,
                  member_is_guest)
             AS m (id, guest, role, joined, told_at_ms, is_guest)
     WHERE m.is_guest AND (is_all OR m.id = ANY (written))
        ON CONFLICT DO NOTHING;
  END IF;

  -- Before the messages: one that is sent again has its former id, and must not be taken for a fault.
  INSERT INTO conversation_commands (conversation_id, actor_id, command_id, fingerprint, reply)
  SELECT k.*
    FROM (SELECT unnest(command_chat) AS id, unnest(command_actor), unnest(command_id),
                 unnest(command_fingerprint), unnest(command_reply)) AS k
   WHERE is_all OR k.id = ANY (written);

  INSERT INTO messages
         (conversation_id, message_id, seq, sender_id, kind, at_ms, state, view, search)
  SELECT m.id, m.message, m.seq, m.sender, m.kind, m.at_ms, m.state, m.view,
         CASE WHEN m.is_sought THEN to_tsvector('simple', m.view ->> 'text') END
    FROM (SELECT unnest(message_chat) AS id, unnest(message_id) AS message, unnest(message_seq) AS seq,
                 unnest(message_sender) AS sender, unnest(message_kind) AS kind,
                 unnest(message_at_ms) AS at_ms, unnest(message_state) AS state,
                 unnest(message_view) AS view, unnest(message_is_sought) AS is_sought,
                 unnest(message_is_new) AS is_new) AS m
   WHERE m.is_new AND (is_all OR m.id = ANY (written));

  IF false = ANY (message_is_new) THEN
    UPDATE messages o
       SET seq = m.seq, at_ms = m.at_ms, state = m.state, view = m.view,
           search = CASE WHEN m.is_sought THEN to_tsvector('simple', m.view ->> 'text') END
      FROM unnest(message_chat, commit_chat_batch.message_id, message_seq, message_at_ms, message_state,
                  message_view, message_is_sought, message_is_new)
             AS m (id, message, seq, at_ms, state, view, is_sought, is_new)
     WHERE o.conversation_id = m.id AND o.message_id = m.message AND NOT m.is_new
       AND (is_all OR m.id = ANY (written));
  END IF;

  INSERT INTO conversation_events
         (conversation_id, seq, at_ms, type, actor_id, message_id, detail)
  SELECT e.*
    FROM (SELECT unnest(event_chat) AS id, unnest(event_seq), unnest(event_at_ms), unnest(event_type),
                 unnest(event_actor), unnest(event_message), unnest(event_detail)) AS e
   WHERE is_all OR e.id = ANY (written);

  IF seldom IS NOT NULL THEN
    PERFORM write_chat_seldom(seldom, written, now_ms);
  END IF;

  FOR found IN
    INSERT INTO outbox AS o (source, aggregate_id, epoch, from_seq, to_seq, created_at_ms)
    SELECT 'conversation', b.id, 0, b.first_event, b.last_event, now_ms
      FROM unnest(chat_id, chat_first_event, chat_last_event) AS b (id, first_event, last_event)
     WHERE b.first_event IS NOT NULL AND (is_all OR b.id = ANY (written))
    RETURNING o.id, o.aggregate_id
  LOOP
    told_ids[array_position(chat_id, found.aggregate_id)] := found.id;
  END LOOP;

  RETURN QUERY SELECT * FROM unnest(statuses, told_ids);
END $$;
