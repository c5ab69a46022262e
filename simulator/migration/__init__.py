"""Migrations between simulated hosts, as a management tool prepares them."""
