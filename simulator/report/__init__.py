"""Pictures and pages of what the laboratory found."""
