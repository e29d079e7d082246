"""Frozen records: what ``dataclasses`` offers and this package uses, at a twentieth of its price at import.

A ``dataclass`` compiles its methods from text, about half a millisecond each; with a hundred of them that is
most of a cold start (``python -m benchmarks``). A record's methods are shared and look at its fields; what differs
between records is made when the first one of its kind is, because a small scan needs half of the kinds that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from operator import attrgetter
from types import MemberDescriptorType
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")

OFTEN = 300
"""A record that is made so often gets an initialiser of its own after all: it is three times as quick, and costs 0.5 ms once."""


class _Missing:
    """Stands for "no default"."""

    def __repr__(self) -> str:
        return "<required>"


_MISSING: Any = _Missing()


class Field:
    """One field of a record: its name, its default or the factory of it, and what it takes part in.

    What is usual stands in the class: most fields have a name and no more.
    """

    name = ""
    default: Any = _MISSING
    default_factory: Callable[[], Any] = _MISSING
    init = True
    repr = True
    compare = True

    @property
    def has_default(self) -> bool:
        """Whether its default is a value."""
        return self.default is not _MISSING

    @property
    def has_factory(self) -> bool:
        """Whether its default is made anew for each record."""
        return self.default_factory is not _MISSING


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] = _MISSING,
    init: bool = True,
    repr: bool = True,  # noqa: A002 - dataclasses' own name
    compare: bool = True,
) -> Any:
    """Describe a field that a plain default cannot."""
    described = Field()
    vars(described).update(default=default, default_factory=default_factory, init=init, repr=repr, compare=compare)
    return described


class FrozenRecordError(AttributeError):
    """Somebody tried to change a record."""


@overload
def record(cls: type[T]) -> type[T]: ...
@overload
def record(*, eq: bool = ..., kw_only: bool = ..., slots: bool = ...) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T] | None = None, *, eq: bool = True, kw_only: bool = False, slots: bool = False) -> Any:
    """Make a class a frozen record of its annotated fields.

    ``eq=False`` compares by identity; ``kw_only=True`` refuses positional arguments. A record that inherits from
    another has that one's fields first, as a dataclass would. With ``slots``, for records of which a scan holds very
    many, it takes two thirds of the room, and can have no further attributes.
    """

    def decorate(made: Any) -> Any:
        if slots:
            made = _slotted(made)

        def __init__(self: Any, *values: Any, **named: Any) -> None:
            made.__init__ = _initialiser(made, kw_only)
            made.__init__(self, *values, **named)

        def __eq__(self: Any, other: Any) -> Any:
            made.__eq__, made.__hash__ = _comparison(made)
            return made.__eq__(self, other)

        def __hash__(self: Any) -> int:
            made.__eq__, made.__hash__ = _comparison(made)
            return hash(self)

        methods: dict[str, Any] = {"__record_fields__": _FieldsOf(made), "__init__": __init__}
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
        methods |= {"__setstate__": _restore} if hasattr(made, "__slots__") else {}
        if "__repr__" not in made.__dict__:
            methods["__repr__"] = _repr
        if eq:
            methods["__eq__"], methods["__hash__"] = __eq__, __hash__
        for name, method in methods.items():
            setattr(made, name, method)
        return made

    return decorate if cls is None else decorate(cls)


def _slotted(made: Any) -> Any:
    """Return the same class with a slot for each of its fields; their defaults are told with its fields."""
    fields = _own_fields(made)
    names = [each.name for each in _fields(made) if _slot(made, each.name) is None]
    others = {*names, "__dict__", "__weakref__"}
    attributes = {name: value for name, value in made.__dict__.items() if name not in others}
    copy = type(made)(made.__name__, made.__bases__, {**attributes, "__slots__": tuple(names)})
    copy.__own_fields__ = fields
    return copy


def _restore(self: Any, state: Any) -> None:
    """Arrive from another process: slots are set one by one, which else is refused."""
    plain, slots = state if type(state) is tuple else (state, None)
    for name, value in {**(plain or {}), **(slots or {})}.items():
        object.__setattr__(self, name, value)


def values(instance: Any) -> tuple[Any, ...]:
    """Return the values of a record's fields."""
    kind: Any = type(instance)
    return _told_by(kind)(instance)


@cache
def _told_by(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    """Return what gives the values of all fields of a kind of records at once."""
    names = tuple(each.name for each in kind.__record_fields__)
    return attrgetter(*names) if len(names) > 1 else lambda instance: tuple(getattr(instance, n) for n in names)


class _FieldsOf:
    """Stands for the fields of a record until somebody asks for them."""

    def __init__(self, made: type) -> None:
        self._made = made

    def __get__(self, _: object, owner: type) -> tuple[Field, ...]:
        fields = tuple(_fields(self._made))
        setattr(self._made, "__record_fields__", fields)  # noqa: B010 - the type has no such attribute
        return fields


def _fields(made: Any) -> Iterable[Field]:
    """Return the fields of the records that a class inherits from, then its own; one named again stays in its place."""
    own = _own_fields(made)
    bases = [base for base in made.__mro__[1:] if "__record_fields__" in base.__dict__]
    if not bases:
        return own
    found: dict[str, Field] = {}
    for base in reversed(bases):
        found.update({each.name: each for each in base.__record_fields__})
    found.update({each.name: each for each in own})
    return found.values()


def _own_fields(made: type) -> list[Field]:
    attributes = made.__dict__
    if "__own_fields__" in attributes:
        return attributes["__own_fields__"]  # type: ignore[no-any-return]  # as `_slotted` left them
    found = []
    for name, annotation in attributes.get("__annotations__", {}).items():
        if str(annotation).startswith("ClassVar"):
            continue
        described = attributes.get(name, _MISSING)
        if isinstance(described, Field):
            delattr(made, name)
            if described.default is not _MISSING:
                setattr(made, name, described.default)
        else:
            given, described = described, Field()
            if given is not _MISSING:
                described.default = given
        described.name = name
        found.append(described)
    return found


def _initialiser(made: Any, kw_only: bool) -> Callable[..., None]:
    """Return what initialises the records of a class."""
    fields: tuple[Field, ...] = made.__record_fields__
    owner, finish = made.__name__, hasattr(made, "__post_init__")
    names = tuple([each.name for each in fields if each.init])
    known, names = frozenset(names), () if kw_only else names
    required, own, factories = _by_default(made, fields)
    keep = object.__setattr__  # attribute by attribute, so that the records of a class share the keys of their dicts
    ways: dict[tuple[Any, ...], Any] = {}
    left = OFTEN

    def way(count: int, *named: str) -> Any:
        """Return the numbers and names of given values, the first of which come without names, and what else is set then."""
        told = (*names[:count], *named)
        given = frozenset(told)
        if len(given) != count + len(named):
            raise TypeError(f"{owner}() takes {len(names)} positional arguments, and each once: not {count}, {told}")
        if not required <= given <= known:
            raise TypeError(f"{owner}() lacks {sorted(required - given)} or does not know {sorted(given - known)}")
        usual, later = ([each for each in rest if each[0] not in given] for rest in (own, factories))
        ways[count, *named] = tuple(enumerate(told)), usual, later
        return ways[count, *named]

    def __init__(self: Any, *values: Any, **named: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            from dindguard.initialisers import compiled  # a small scan makes no kind of record so often

            shared = frozenset(each.name for each in fields if _is_shared(made, each))
            slots = {each.name: slot for each in fields if (slot := _slot(made, each.name)) is not None}
            made.__init__ = compiled(made, fields, slots, shared, kw_only) or __init__
        told, usual, later = ways.get((len(values), *named)) or way(len(values), *named)
        if named:
            values = (*values, *named.values())
        for at, name in told:
            keep(self, name, values[at])
        for name, value in usual:
            keep(self, name, value)
        for name, factory in later:
            keep(self, name, factory())
        if finish:
            self.__post_init__()

    return __init__


def _by_default(
    made: type, fields: Iterable[Field]
) -> tuple[frozenset[str], list[tuple[str, Any]], list[tuple[str, Callable[[], Any]]]]:
    """Return the fields without a default, those whose default is no attribute of the class, and those with a factory."""
    required, own, factories = [], [], []
    for each in fields:
        if each.default_factory is not _MISSING:
            factories.append((each.name, each.default_factory))
        elif each.default is _MISSING:
            required += [each.name] if each.init else []
        elif not _is_shared(made, each):
            own.append((each.name, each.default))
    return frozenset(required), own, factories


def _is_shared(made: type, of: Field) -> bool:
    """Whether records have a default from their class, and need no value of their own: most fields of most records."""
    return getattr(made, of.name, _MISSING) is of.default is not _MISSING and not hasattr(of.default, "__get__")


def _slot(made: type, name: str) -> Callable[[Any, Any], None] | None:
    """Return what sets a slot of a record; ``None`` where its attributes lie in a dictionary."""
    for kind in made.__mro__:
        member = kind.__dict__.get(name)
        if isinstance(member, MemberDescriptorType):
            return member.__set__
    return None


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise FrozenRecordError(f"{type(self).__name__}.{name} cannot be changed")


def _repr(self: Any) -> str:
    shown = (each.name for each in self.__record_fields__ if each.repr)
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name, _MISSING)!r}' for name in shown)})"


def _comparison(made: Any) -> tuple[Callable[..., Any], Callable[..., int]]:
    """Return what compares the records of a class, and what makes them keys."""
    names = [each.name for each in made.__record_fields__ if each.compare]
    compared: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(compared(self) == compared(other))

    def __hash__(self: Any) -> int:
        return hash(compared(self))

    return __eq__, __hash__


def maker(kind: type[T]) -> Callable[[dict[str, Any]], T]:
    """Return what makes records of values that a record had before: nothing is checked, as at an index's hundred rows."""
    usual = {each.name: each.default for each in kind.__record_fields__}  # type: ignore[attr-defined]  # set by `record`

    def make(had: dict[str, Any]) -> T:
        made = object.__new__(kind)
        made.__dict__.update(usual, **had)
        return made

    return make


def replace(instance: T, **changes: Any) -> T:
    """Return a copy of a record with some fields changed."""
    kind = type(instance)
    names, made_with = kind.__dict__.get("__record_values__") or _values_of(kind)
    return kind(**{**dict(zip(names, made_with(instance), strict=True)), **changes})


def _values_of(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Return the names that a record is made with, and what gives their values; the class keeps both."""
    names = tuple(each.name for each in kind.__record_fields__ if each.init)
    made_with = attrgetter(*names) if len(names) > 1 else lambda instance: tuple(getattr(instance, n) for n in names)
    kind.__record_values__ = names, made_with
    return kind.__record_values__  # type: ignore[no-any-return]  # as it was just set
