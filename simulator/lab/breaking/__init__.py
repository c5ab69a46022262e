"""What an upgrade of a scheme or of a driver breaks: ``scheme breaking``."""
