-- What the commands of a batch need to know, all at one instant: a STABLE function sees one snapshot,
-- however many statements it has. What nobody asks for costs nothing.
--
-- Parameters are arrays. `chat_id` are the conversations of the batch, each once; the others belong to the
-- conversation at their `…_place` in it, counted from one.
--
-- Returns one row with a JSON array for each family (null where nothing was found), whose objects are named
-- like the fields of core/conversation.ts; what is absent is null there, since stripping it here would cost
-- as much as the rest of the JSON:
--   chats        those that exist
--   members      all of a direct or order conversation; of a room those among the users asked for
--   settings     of the users asked for and the members
--   blocks       between any of them
--   messages     those asked for, those of open offers, and those of the cases
--   reactions    of the users asked for to the messages asked for
--   attachments  those asked for
--   cases        those asked for that are undecided; their messages' senders count as users asked for
--   answers      the first answers to the commands asked for
CREATE FUNCTION read_chat_facts(
  chat_id uuid[], user_place integer[], user_id text[], message_place integer[], message_id uuid[],
  attachment_id uuid[], case_place integer[], case_id uuid[],
  command_place integer[], command_actor text[], command_id uuid[],
  OUT chats json, OUT members json, OUT settings json, OUT blocks json, OUT messages json,
  OUT reactions json, OUT attachments json, OUT cases json, OUT answers json
)
LANGUAGE plpgsql STABLE
-- By key, whatever the statistics were when this was planned (see commit_chat_batch).
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
  -- Of each conversation of the batch.
  is_room boolean[];
  offer_place integer[];
  offer_id uuid[];
  -- The messages that are read besides those asked for.
  case_message_place integer[];
  case_message_id uuid[];
  sender_place integer[];
  sender_id text[];
  people text[];
BEGIN
  SELECT json_agg(r) FILTER (WHERE r."conversationId" IS NOT NULL),
         array_agg(coalesce(r.kind = 'room', false) ORDER BY r.place),
         array_agg(r.place) FILTER (WHERE r."openOfferId" IS NOT NULL),
         array_agg(r."openOfferId") FILTER (WHERE r."openOfferId" IS NOT NULL)
    INTO chats, is_room, offer_place, offer_id
    FROM (SELECT b.place, c.conversation_id AS "conversationId", c.kind,
                 c.subject_type AS "subjectType", c.subject_id AS "subjectId",
                 c.buyer_id AS "buyerId", c.seller_id AS "sellerId",
                 c.created_at_ms AS "createdAtMs", c.version, c.last_seq AS "lastSeq",
                 c.last_message_id AS "lastMessageId",
                 c.last_message_seq AS "lastMessageSeq", c.last_message_at_ms AS "lastMessageAtMs",
                 c.slow_mode_ms AS "slowModeMs", c.open_offer_id AS "openOfferId",
                 c.legal_hold AS "legalHold"
            FROM unnest(chat_id) WITH ORDINALITY AS b (id, place)
            LEFT JOIN conversations c ON c.conversation_id = b.id) AS r;

  IF cardinality(case_id) > 0 THEN
    SELECT json_agg(r),
           array_agg(r.place) FILTER (WHERE r."messageId" IS NOT NULL),
           array_agg(r."messageId") FILTER (WHERE r."messageId" IS NOT NULL)
      INTO cases, case_message_place, case_message_id
      FROM (SELECT w.place, k.case_id AS "caseId", k.kind, k.message_id AS "messageId"
              FROM unnest(case_place, case_id) AS w (place, id)
              JOIN moderation_cases k ON k.case_id = w.id AND k.conversation_id = chat_id[w.place]
             WHERE k.decision IS NULL) AS r;
    SELECT array_agg(w.place), array_agg(m.sender_id) INTO sender_place, sender_id
      FROM unnest(case_message_place, case_message_id) AS w (place, id)
      JOIN messages m ON m.conversation_id = chat_id[w.place] AND m.message_id = w.id;
    user_place := user_place || sender_place;
    user_id := user_id || sender_id;
  END IF;

  IF cardinality(message_id) > 0 OR offer_id IS NOT NULL OR case_message_id IS NOT NULL THEN
    SELECT json_agg(r) INTO messages
      FROM (SELECT w.place, m.state, m.view
              FROM unnest(message_place || offer_place || case_message_place,
                          message_id || offer_id || case_message_id) AS w (place, id)
              JOIN messages m ON m.conversation_id = chat_id[w.place] AND m.message_id = w.id) AS r;
  END IF;

  IF cardinality(message_id) > 0 THEN
    SELECT json_agg(r) INTO reactions
      FROM (SELECT w.place, a.message_id AS "messageId", a.user_id AS "userId", a.emoji
              FROM unnest(message_place, message_id) AS w (place, id)
              JOIN reactions a
                ON a.conversation_id = chat_id[w.place] AND a.message_id = w.id
               AND a.user_id = ANY (read_chat_facts.user_id)) AS r;
  END IF;

  SELECT json_agg(r), array_agg(r."userId") INTO members, people
    FROM (SELECT f.place, (f.m).user_id AS "userId", (f.m).role, (f.m).joined_seq AS "joinedSeq",
                 (f.m).delivered_seq AS "deliveredSeq", (f.m).read_seq AS "readSeq",
                 (f.m).told_delivered_seq AS "toldDeliveredSeq",
                 (f.m).told_read_seq AS "toldReadSeq", (f.m).told_at_ms AS "toldAtMs",
                 (f.m).muted_until_ms AS "mutedUntilMs", (f.m).archived, (f.m).pinned,
                 (f.m).draft, (f.m).silenced_until_ms AS "silencedUntilMs",
                 (f.m).last_sent_at_ms AS "lastSentAtMs"
            FROM (SELECT b.place, m
                    FROM unnest(chat_id, is_room) WITH ORDINALITY AS b (id, is_room, place)
                    JOIN conversation_members m ON m.conversation_id = b.id
                   WHERE NOT b.is_room
                  UNION ALL
                  SELECT w.place, m
                    FROM unnest(user_place, user_id) AS w (place, user_id)
                    JOIN conversation_members m
                      ON m.conversation_id = chat_id[w.place] AND m.user_id = w.user_id COLLATE "C"
                   WHERE is_room[w.place]) AS f (place, m)) AS r;

  people := people || user_id;
  SELECT json_agg(r) INTO settings
    FROM (SELECT s.user_id AS "userId", s.hide_read_marks AS "hidesReadMarks",
                 s.silenced_until_ms AS "silencedUntilMs"
            FROM chat_settings s WHERE s.user_id = ANY (people)) AS r;
  SELECT json_agg(r) INTO blocks
    FROM (SELECT b.blocker_id AS "blockerId", b.blocked_id AS "blockedId"
            FROM blocks b WHERE b.blocker_id = ANY (people) AND b.blocked_id = ANY (people)) AS r;

  IF cardinality(attachment_id) > 0 THEN
    SELECT json_agg(r) INTO attachments
      FROM (SELECT a.attachment_id AS "attachmentId", a.conversation_id AS "conversationId",
                   a.owner_id AS "ownerId", a.file_name AS "fileName",
                   a.content_type AS "contentType", a.bytes, a.state, a.refusal
              FROM attachments a
             -- One that was sent, or given up, is not there to be sent.
             WHERE a.attachment_id = ANY (read_chat_facts.attachment_id)
               AND a.message_id IS NULL AND a.gone_at_ms IS NULL) AS r;
  END IF;

  IF cardinality(command_id) > 0 THEN
    SELECT json_agg(r) INTO answers
      FROM (SELECT w.place, k.actor_id AS "actorId", k.command_id AS "commandId", k.fingerprint,
                   k.reply
              FROM unnest(command_place, command_actor, command_id) AS w (place, actor, command)
              JOIN conversation_commands k
                ON k.conversation_id = chat_id[w.place] AND k.actor_id = w.actor COLLATE "C"
               AND k.command_id = w.command) AS r;
  END IF;
END $$;
