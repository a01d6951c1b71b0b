-- When each lot that takes bids ends, for who must find those that end soon: `lot_states` has that within its
-- view, where no index finds it.
CREATE VIEW open_lots AS
  SELECT lot_id, ends_at_ms FROM lots_hot WHERE state = 'open';
