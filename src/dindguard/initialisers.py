"""Initialisers of records that are made very often, compiled from text as a dataclass has them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from dindguard.records import Field

Setter: TypeAlias = "Callable[[Any, Any], None]"
"""What sets a slot."""

WIDE = 5
"""A record of so many slots has them set while it is of a class that refuses no change: a place in a file is made in two thirds
of the time, a container in a third."""


def compiled(
    made: Any, fields: Sequence[Field], slots: Mapping[str, Setter], shared: Collection[str], kw_only: bool
) -> Callable[..., None] | None:
    """Return an initialiser made from text, as a dataclass has it; ``None`` where Python has no signature for it.

    ``slots`` are what sets those that a record has, ``shared`` the fields whose defaults it has from its class. Few slots are
    set by their descriptors, which takes two thirds of the time that ``object.__setattr__`` does; many as any object has its
    own, which takes a tenth.
    """
    wide = WIDE <= len(fields) == len(slots)
    absent = object()
    scope: dict[str, Any] = {"_keep": object.__setattr__, "_absent": absent, "_made": made}
    scope |= {"_be": vars(object)["__class__"].__set__, "_open": _open(made)} if wide else {}
    required, optional, plain, later = [], [], [], []
    for number, each in enumerate(fields):
        name, factory = each.name, each.default_factory if each.has_factory else None
        scope[f"_usual{number}"], scope[f"_make{number}"], scope[f"_set{number}"] = (
            each.default,
            factory,
            slots.get(name),
        )
        keep = f"_set{number}(self, " if name in slots else f"_keep(self, {name!r}, "
        keep = f"self.{name} = (" if wide else keep
        if factory is not None:
            value = f"_make{number}() if {name} is _absent else {name}" if each.init else f"_make{number}()"
            later.append(f"{keep}{value})")
            optional += [f"{name}=_absent"] if each.init else []
        elif each.init or each.has_default:
            if name not in shared:
                plain.append(f"{keep}{name if each.init else f'_usual{number}'})")
            elif each.init:
                plain.append(f"if {name} is not _usual{number}: {keep}{name})")
            if each.init and not each.has_default:
                required.append(name)
                if optional and not kw_only:
                    return None
            elif each.init:
                optional.append(f"{name}=_usual{number}")
    parameters = ", ".join(["self", *(["*"] if kw_only and (required or optional) else []), *required, *optional])
    body = [*plain, *later]
    body = ["_be(self, _open)", *body, "self.__class__ = _made"] if wide else body
    body += ["self.__post_init__()"] if hasattr(made, "__post_init__") else ["return"]
    exec(f"def __init__({parameters}):\n " + "\n ".join(body), scope)  # noqa: S102 - the names of our own fields
    initialiser: Callable[..., None] = scope["__init__"]
    return initialiser


def _open(made: Any) -> type:
    """Return a class of the same slots whose objects may be changed, and become records."""
    attributes = {"__slots__": made.__slots__, "__setattr__": object.__setattr__}
    twin: type = type(made)(made.__name__, made.__bases__, attributes)
    return twin
