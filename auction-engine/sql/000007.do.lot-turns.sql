-- What each event turned: by their public names who leads after it and, with a bid, who made it; and whom it
-- concerns. For who follows a lot through a storm: nothing is read here that is not asked for, and nothing
-- joined, since putting the publication of every bid together cost the notifier more than all the rest.
CREATE VIEW lot_turns AS
  SELECT lot_id, seq, type, at_ms, live ->> 'leader' AS leader, detail -> 'bid' ->> 'alias' AS bidder, private
    FROM lot_events;
