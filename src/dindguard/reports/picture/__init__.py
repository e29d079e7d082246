"""Who reaches what, as a picture: containers, what they go through, engines, data roots and machines.

:mod:`~dindguard.reports.picture.believed` asks the model and ``verdicts`` the findings; all others know
:class:`~dindguard.reports.picture.graph.Graph` alone.
"""
