"""
The choice of the variables: which values meet all templates of an object at once?

Templates that share no variable are asked apart, and within a group the one that leaves fewest
variables open goes next. So a text of two variables is cut once, and what hangs on it follows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from simulator.compat.template import Binding, Scaled, Template, Variable, bounds, solve
from simulator.values import Value

__all__ = ["Choice", "Question"]


@dataclass(frozen=True, slots=True)
class Choice:
    """
    The templates that can be met together, and how.

    Attributes:
        met: The attributes whose templates are met.
        binding: The values of their variables.
    """

    met: frozenset[str]
    binding: Binding


@dataclass(frozen=True, slots=True)
class Question:
    """
    Which choice meets these templates?

    Attributes:
        templates: By name of the attribute.
        values: What the tested device has, at least for these attributes.
        variables: Those of the object.
        floor_division: ``{v}/2`` is rounded down instead of exact.
    """

    templates: Mapping[str, Template | Scaled]
    values: Mapping[str, Value]
    variables: Mapping[str, Variable]
    floor_division: bool

    def choose(self) -> Choice:
        """Meet all templates; where no choice does, as many as a greedy search meets."""
        met: set[str] = set()
        binding: dict[str, int | str] = {}
        for group in self._groups():
            choice = self._meet_group(group)
            met |= choice.met
            binding |= choice.binding
        declared = {name: binding[name] for name in self.variables if name in binding}
        return Choice(frozenset(met), declared)

    def _groups(self) -> list[list[str]]:
        """Put together what shares a variable, directly or through others."""
        groups: list[tuple[frozenset[str], list[str]]] = []
        for name, template in self.templates.items():
            names, members = template.names(), [name]
            for group in [group for group in groups if group[0] & names]:
                groups.remove(group)
                names, members = names | group[0], [*group[1], *members]
            groups.append((names, members))
        return [members for _, members in groups]

    def _meet_group(self, group: list[str]) -> Choice:
        variables = self._narrowed(group)
        if variables is not None and (binding := self._meet_all(group, variables, {})) is not None:
            return Choice(frozenset(group), binding)
        # Exact texts say more than numbers, so they lead.
        order = sorted(group, key=lambda name: isinstance(self.templates[name], Scaled))
        found = [self._meet_some(order, first) for first in order]
        return max(found, key=lambda choice: len(choice.met))

    def _narrowed(self, group: list[str]) -> Mapping[str, Variable] | None:
        """Keep of each variable what the scaled numbers allow; None when that is nothing."""
        variables = dict(self.variables)
        for name in group:
            template = self.templates[name]
            if isinstance(template, Scaled):
                ends = bounds(template, self.values[name], floor_division=self.floor_division)
                kept = variables[template.part.name].within(*ends) if ends else None
                if kept is None:
                    return None
                variables[kept.name] = kept
        return variables

    def _solutions(
        self, name: str, variables: Mapping[str, Variable], binding: Binding
    ) -> Iterator[dict[str, int | str]]:
        floor = self.floor_division
        template, value = self.templates[name], self.values[name]
        return solve(template, value, variables, binding, floor_division=floor)

    def _meet_all(
        self, names: list[str], variables: Mapping[str, Variable], binding: Binding
    ) -> Binding | None:
        if not names:
            return binding

        def cost(name: str) -> tuple[bool, int]:
            template = self.templates[name]
            return isinstance(template, Scaled), len(template.names() - binding.keys())

        chosen = min(names, key=cost)
        rest = [name for name in names if name != chosen]
        for found in self._solutions(chosen, variables, binding):
            whole = self._meet_all(rest, variables, found)
            # Scaled numbers come last, and what is kept of their variables meets them all.
            if whole is not None or isinstance(self.templates[chosen], Scaled):
                return whole
        return None

    def _meet_some(self, order: list[str], first: str) -> Choice:
        met: set[str] = set()
        binding: Binding = {}
        for name in [first, *(other for other in order if other != first)]:
            found = next(self._solutions(name, self.variables, binding), None)
            if found is not None:
                met.add(name)
                binding = found
        return Choice(frozenset(met), binding)
