"""Who reaches what, as a picture: containers, what they go through, engines, data roots and machines.

:mod:`~dindguard.reports.picture.believed` is the only module that asks the model; all others know
:class:`~dindguard.reports.picture.graph.Graph` alone.
"""
