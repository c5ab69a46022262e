"""The verbs that plan with a fleet: ``fleet islands``, ``fleet drain`` and ``fleet baseline``."""
