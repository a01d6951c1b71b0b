-- When the bytes of attachments go.

-- From when on nobody can send it or get it any more, and its object is to be removed: an upload that
-- nobody sent, or the attachment of a message that was deleted for all. The row goes after the object.
ALTER TABLE attachments ADD COLUMN gone_at_ms bigint;
CREATE INDEX attachments_gone ON attachments (gone_at_ms) WHERE gone_at_ms IS NOT NULL;
CREATE INDEX attachments_of_message ON attachments (message_id) WHERE message_id IS NOT NULL;

-- In the transaction of the tombstone, whoever deletes: no later failure can leave the bytes behind.
CREATE FUNCTION let_attachment_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE attachments a SET gone_at_ms = 0
   WHERE a.message_id = NEW.message_id AND a.gone_at_ms IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER message_deleted AFTER UPDATE OF state ON messages FOR EACH ROW
  WHEN (NEW.state = 'deleted' AND OLD.state <> 'deleted' AND OLD.kind IN ('image', 'file'))
  EXECUTE FUNCTION let_attachment_go();
