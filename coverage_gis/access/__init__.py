"""Access: how far each place is from the nearest facility of each service."""
