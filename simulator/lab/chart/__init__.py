"""The data of a picture of who can migrate where: ``scheme map``."""
