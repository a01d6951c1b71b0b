-- What each event turned: by their public names who leads after it and, with a bid, who made it; and whom it
-- concerns, as JSON that nobody has looked into. For who follows a lot through a storm: nothing is read here
-- that is not asked for, and nothing joined, since putting the publication of every bid together cost the
-- notifier more than all the rest.
CREATE VIEW lot_turns AS
  SELECT lot_id, seq, type, at_ms,
         live::json ->> 'leader' AS leader,
         detail::json -> 'bid' ->> 'alias' AS bidder,
         private::text AS concerned
    FROM lot_events;
