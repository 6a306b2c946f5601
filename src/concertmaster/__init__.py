"""ConcertMaster."""
