-- New words wait in a list beside the search index, since one by one they would cost three times as much.
-- Whose commit fills the list (4 MB) has to fold it into the index, and stands still for a second or more, with
-- all rows locked. So it is done here, on a connection of its own, before it comes to that: batches of 256
-- took half the time, the slowest of a hundred 70 ms instead of 1,600. Returns the pages that were folded in; of
-- several who come at once one does it.
CREATE FUNCTION fold_chat_search() RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('fold_chat_search')) THEN
    RETURN 0;
  END IF;
  RETURN (SELECT sum(gin_clean_pending_list(relid))
            FROM pg_partition_tree('messages_search') WHERE isleaf);
END $$;
