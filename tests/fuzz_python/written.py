"""Write a scheme as YAML, every field of it, so that reading gives it back."""

from collections.abc import Iterable, Mapping

from simulator.compat.scheme import Attribute, Outcome, Scheme, Surface

__all__ = ["write_scheme"]


def _quoted(text: object) -> str:
    letters = (c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in str(text))
    return f'"{"".join(letters)}"'


def _mapping(fields: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quoted(key)}: {value}" for key, value in fields.items()) + "}"


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(items)}]"


def _texts(fields: Mapping[str, object]) -> dict[str, str]:
    """Leave out what is not said."""
    return {name: _quoted(value) for name, value in fields.items() if value is not None}


def _attribute(one: Attribute) -> str:
    fields = {
        "type": one.kind,
        "clause": one.relation,
        "of": one.of,
        "missing": one.missing,
        "from": one.fact,
        "required": "true" if one.required else "false",
        "scope": one.scope,
        "settable": "true" if one.settable else "false",
        "valid": one.valid,
        "limit": one.limit,
        "blocks": one.blocks,
        "errno": one.errno,
        "log": one.log,
    }
    return _mapping(_texts(fields))


def _surface(one: Surface) -> str:
    fields = _texts({"form": one.form, "scope": one.scope, "name": one.name})
    fields["attributes"] = _list(map(_quoted, one.attributes))
    if one.form == "test":
        fields |= _texts({"text": one.text, "log": one.log})
    return _mapping(fields)


def write_scheme(scheme: Scheme) -> str:
    """Write *scheme* in flow style, with all of its texts quoted and escaped."""
    ignored = scheme.unlisted is Outcome.COMPATIBLE
    fields = _texts(
        {
            "scheme": scheme.name,
            "summary": scheme.summary,
            "source": scheme.source,
            "accepted-by": scheme.accepted_by,
            "objects": "published" if scheme.has_objects else "none",
            "missing": scheme.missing,
            "unlisted": "ignored" if ignored else scheme.unlisted,
            "division": "floor" if scheme.floor_division else "exact",
            "copied": scheme.copied,
        }
    )
    attributes = {name: _attribute(one) for name, one in scheme.attributes.items()}
    fields["attributes"] = _mapping(attributes)
    if scheme.accepts:
        fields["accepts"] = _list(_mapping(_texts(one)) for one in scheme.accepts)
    fields["prefer"] = _mapping(
        {one.attribute: "highest" if one.highest else "lowest" for one in scheme.prefer}
    )
    fields["surface"] = _list(map(_surface, scheme.surfaces))
    return _mapping(fields)
