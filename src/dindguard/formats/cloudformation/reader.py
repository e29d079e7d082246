"""Reads templates: task definitions are handed on to their format, user data to that of machines."""

from __future__ import annotations

from collections.abc import Sequence

from dindguard.documents.built import held
from dindguard.documents.remainder import Remainder
from dindguard.formats import Context, Document, Reading, Unread
from dindguard.formats.cloudformation import user_data
from dindguard.formats.cloudformation.template import Template
from dindguard.source import Embedded


def read(documents: Sequence[Document], context: Context) -> Reading:
    """Read every template of a scan; of all else in it nothing is understood."""
    del context  # a template stands by itself
    reading = Reading()
    for document in documents:
        template = Template(document.content)
        for task in template.tasks():
            reading.embedded.append(Embedded(held(task, "ecs-task"), content=task))
        for resource in template.others():
            rest = Remainder(resource)
            given = template.user_data(resource)
            if given is not None:
                reading.embedded.append(Embedded(given))
                rest.take(user_data(resource))
            reading.unread.append(Unread(rest.source(), "CloudFormation template", known=True))
    return reading
