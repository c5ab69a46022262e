"""A simulator of Linux mdev vendor drivers with a C-accelerated compatibility matcher."""
