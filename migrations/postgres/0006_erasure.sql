-- Whom an erasure concerns is found in the log. These hold the few events that are asked for only, and
-- cost nothing to any other.
CREATE INDEX events_departures ON events (recorded_at)
    WHERE event_type IN ('StudentRejected', 'StudentReleased');
CREATE INDEX events_arrivals_of_staff ON events (position) WHERE event_type = 'StaffJoined';
CREATE INDEX events_erasures ON events (position)
    WHERE event_type IN ('StudentErased', 'StaffErased');
