"""Records behave like frozen dataclasses in all that this package uses of them."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any, ClassVar

import pytest

from dindguard.records import OFTEN, FrozenRecordError, field, record, replace


@record
class Point:
    """A record with every kind of field."""

    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)
    note: str = field(default="", compare=False, repr=False)
    kind: ClassVar[str] = "point"


@record(kw_only=True)
class Named:
    """Its fields are given by name only."""

    a: int
    b: int = 1


@record(eq=False)
class Thing:
    """Compared by identity."""

    a: int


@record
class Doubled:
    """It works a field out."""

    a: int
    twice: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "twice", 2 * self.a)


@dataclasses.dataclass(frozen=True)
class Reference:
    """What a dataclass of the same fields does."""

    x: int
    y: int = 2
    names: list[str] = dataclasses.field(default_factory=list)
    note: str = dataclasses.field(default="", compare=False, repr=False)
    kind: ClassVar[str] = "point"


@pytest.mark.parametrize(
    ("values", "named"),
    [((1,), {}), ((1, 3), {}), ((), {"x": 1}), ((1,), {"names": ["a"]}), ((1, 3, ["b"], "n"), {})],
)
def test_a_record_is_made_and_shown_as_a_dataclass_is(values: tuple, named: dict) -> None:
    ours, theirs = Point(*values, **named), Reference(*values, **named)
    assert repr(ours) == repr(theirs).replace("Reference", "Point")
    assert all(getattr(ours, name) == value for name, value in vars(theirs).items())
    assert vars(ours).keys() <= vars(theirs).keys()


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, [], "", 5), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((), {"y": 1})]
)
def test_wrong_arguments_are_refused_as_a_dataclass_does(values: tuple, named: dict) -> None:
    for made in (Point, Reference):
        with pytest.raises(TypeError):
            made(*values, **named)


def test_names_only() -> None:
    assert Named(a=1).b == 1
    with pytest.raises(TypeError, match="takes 0 positional"):
        Named(1)  # type: ignore[misc]  # that is the point


def test_nothing_can_be_changed() -> None:
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]  # that is the point
    with pytest.raises(AttributeError):
        del point.x
    with pytest.raises(AttributeError):
        point.other = 1  # type: ignore[attr-defined]  # that is the point
    assert point.x == 1


def test_equality_is_by_compared_fields_and_type() -> None:
    assert Point(1, note="a") == Point(1, note="b")
    assert Point(1) != Point(2)
    assert Point(1) != Reference(1)
    assert Thing(1) != Thing(1)
    assert len({Named(a=1), Named(a=1), Named(a=2)}) == 2
    assert hash(Named(a=1)) == hash(Named(a=1, b=1))
    assert len({Thing(1), Thing(1)}) == 2


def test_factories_make_a_new_value_each_time() -> None:
    assert Point(1).names is not Point(1).names


def test_replace_copies_and_checks() -> None:
    point = Point(1, 3, ["a"], "n")
    changed = replace(point, x=9)
    assert (changed.x, changed.y, changed.names, changed.note) == (9, 3, ["a"], "n")
    assert point.x == 1
    with pytest.raises(TypeError):
        replace(point, z=1)


def test_fields_that_are_worked_out() -> None:
    assert Doubled(3).twice == 6
    assert replace(Doubled(3), a=5).twice == 10


def test_records_can_be_copied() -> None:
    assert copy.copy(Point(1)) == Point(1)
    assert copy.deepcopy(Named(a=4)) == Named(a=4)
    assert pickle.loads(pickle.dumps(Named(a=4))) == Named(a=4)


@record
class Marked(Point):
    """It adds a field to those of another record."""

    mark: str = "m"


def test_a_record_keeps_the_fields_that_it_inherits() -> None:
    made = Marked(1, mark="x")
    assert (made.x, made.y, made.names, made.mark) == (1, 2, [], "x")
    assert made != Marked(2, mark="x")
    assert replace(made, y=5).x == 1


def test_a_record_is_no_dataclass() -> None:
    assert not dataclasses.is_dataclass(Point)


def test_a_record_that_was_unpickled_first_is_compared_like_any_other() -> None:
    @record
    class Point:
        x: int
        y: int = field(default=0, compare=False)

    first, second = (object.__new__(Point) for _ in range(2))
    vars(first).update(x=1, y=1)
    vars(second).update(x=1, y=2)
    assert hash(first) == hash(second)
    assert first == second == Point(1)
    assert hash(first) == hash(Point(1))


def test_fields_are_known_before_a_record_is_made() -> None:
    @record
    class Base:
        a: int = field(default=1)

    @record
    class Derived(Base):
        b: int = 2

    assert [each.name for each in Derived.__record_fields__] == ["a", "b"]
    assert (Derived().a, Derived().b) == (1, 2)


def test_a_record_that_is_made_often_stays_what_it_was() -> None:
    @record
    class Plain:
        a: int
        b: int = 2
        c: list[int] = field(default_factory=list)
        d: int = field(init=False, default=4)
        e: dict[str, int] = field(init=False, default_factory=dict)

        def __post_init__(self) -> None:
            object.__setattr__(self, "sum", self.a + self.b)

    @record(kw_only=True)
    class Named:
        b: int = 2
        a: int

    def state() -> tuple[object, ...]:
        return vars(Plain(1)), vars(Plain(1, 3, c=[5])), list(vars(Plain(1))), vars(Named(a=1)), vars(Named(b=3, a=1))

    before = state()
    generic = Plain.__init__, Named.__init__
    for _ in range(OFTEN):
        Plain(1)
        Named(a=1)
    assert (Plain.__init__, Named.__init__) != generic
    assert state() == before
    assert Plain(1).c is not Plain(1).c
    for wrong in (
        lambda: Plain(),
        lambda: Plain(1, a=1),
        lambda: Plain(1, d=1),
        lambda: Named(1),
        lambda: Named(b=1),
    ):
        with pytest.raises(TypeError):
            wrong()


def test_a_default_that_a_class_would_bind_is_a_value_of_each_record() -> None:
    def twice(number: int) -> int:
        return 2 * number

    @record
    class Counted:
        a: int = field(default=1, compare=False)
        count: Any = twice

    @record
    class Other(Counted):
        a: int = 5

    for _ in range(OFTEN + 1):
        assert (Counted().count(3), Counted(2).a, Counted().a, Other().a, Other(1).a) == (6, 2, 1, 5, 1)
        assert (replace(Other(7), a=1), replace(Other(1), a=5)) == (Other(1), Other())


def test_a_record_of_many_slots_stays_a_record_when_many_are_made() -> None:
    @record(slots=True)
    class Base:
        a: int = 1
        b: list[int] = field(default_factory=list)
        c: str = ""

    @record(slots=True)
    class Wide(Base):
        d: int = 4
        e: int = field(init=False, default=5)
        f: int = field(default=6, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "c", f"{self.a}{self.f}")

    for _ in range(OFTEN + 1):
        wide = Wide(2, d=3)
        assert (type(wide), wide.a, wide.b, wide.c, wide.d, wide.e, wide.f) == (Wide, 2, [], "26", 3, 5, 6)
        assert wide == copy.copy(wide) == replace(wide, b=[])
        assert wide.b is not Wide().b
        with pytest.raises(FrozenRecordError):
            wide.a = 3  # type: ignore[misc]


def test_fields_in_an_order_that_python_has_no_signature_for() -> None:
    @record
    class Odd:
        a: int = 1
        b: int  # type: ignore[misc]

    for _ in range(OFTEN + 1):
        assert (Odd(b=2).a, Odd(3, 4).b) == (1, 4)


@record(eq=False, slots=True)
class Member:
    name: str
    team: object = field(init=False, default=None)


@record(eq=False)
class Team:
    members: tuple[Member, ...]

    def __post_init__(self) -> None:
        for member in self.members:
            object.__setattr__(member, "team", self)


def test_records_with_slots_travel_together_with_those_that_refer_to_them() -> None:
    team = pickle.loads(pickle.dumps(Team((Member("a"), Member("b")))))
    assert [member.name for member in team.members] == ["a", "b"]
    assert all(member.team is team for member in team.members)
    with pytest.raises(FrozenRecordError):
        team.members[0].name = "c"


@record(kw_only=True)
class Plain:
    first: int = 1


@record(kw_only=True, slots=True)
class Full(Plain):
    second: int = 2


def test_a_record_with_slots_has_one_for_what_it_inherits_too() -> None:
    full = Full(second=3)
    assert Full.__slots__ == ("first", "second")  # type: ignore[attr-defined]  # the record has them
    assert (full.first, full.second, full) == (1, 3, Full(first=1, second=3))
    assert pickle.loads(pickle.dumps(full)) == full
