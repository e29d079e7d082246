"""Enumerations: what ``enum`` offers and this package uses, at an eighth of its price at import.

An enumeration of ``enum`` takes as long to make as ten classes; with thirty of them that was a twentieth of a scan of one file
(``python -m benchmarks``). For a type checker these are ``enum``'s own. They differ in two things: a member is as its value to
sets and dictionaries, and no member is an ``enum.Enum``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from enum import IntEnum, StrEnum
else:

    class Enumeration(type):
        """The kind of an enumeration's class: its members are made with it, and it never changes."""

        __members__: MappingProxyType[str, Any]

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            """Make the class, then a member for each of its public plain values; a value named twice is one member."""
            valued = bases[0].__base__ if bases and isinstance(bases[0], Enumeration) else type(None)
            values = {key: value for key, value in namespace.items() if type(value) is valued and key[0] != "_"}
            made = type.__new__(
                cls, name, bases, {key: value for key, value in namespace.items() if key not in values}
            )
            keep = type.__setattr__
            by_value: dict[Any, Any] = {}
            members = {}
            for key, value in values.items():
                member = by_value.get(value)
                if member is None:
                    member = by_value[value] = valued.__new__(made, value)
                    member.__dict__.update(name=key, value=value)
                members[key] = member
                keep(made, key, member)
            keep(made, "_by_value", by_value)
            keep(made, "__members__", MappingProxyType(members))
            return made

        def __call__(cls, value: Any) -> Any:
            """Return the member of a value; raise ``ValueError`` where there is none."""
            try:
                return cls._by_value[value]
            except (KeyError, TypeError):
                raise ValueError(f"{value!r} is not a valid {cls.__qualname__}") from None

        def __getitem__(cls, name: str) -> Any:
            return cls.__members__[name]

        def __iter__(cls) -> Iterator[Any]:
            return iter(cls._by_value.values())

        def __len__(cls) -> int:
            return len(cls._by_value)

        def __contains__(cls, value: object) -> bool:
            return value in cls._by_value

        def __setattr__(cls, name: str, _: object) -> NoReturn:
            raise AttributeError(f"{cls.__name__}.{name} cannot be changed")

        __delattr__ = __setattr__

    class StrEnum(str, metaclass=Enumeration):
        """Words that each have a name."""

        def __repr__(self) -> str:
            return f"<{type(self).__name__}.{self.name}: {self.value!r}>"

        def __reduce_ex__(self, _: object) -> tuple[type, tuple[str]]:
            return type(self), (self.value,)

    class IntEnum(int, metaclass=Enumeration):
        """Numbers that each have a name; in text they are numbers still."""

        __str__ = int.__repr__
        __repr__ = StrEnum.__repr__
        __reduce_ex__ = StrEnum.__reduce_ex__


__all__ = ["IntEnum", "StrEnum"]
