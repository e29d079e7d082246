"""Templates read in place: nothing is rendered, and every character keeps its line and column.

A text goes through these in turn:

* ``actions`` finds the actions of its language, ``blocks`` the branches and loops that they make, and ``neutral`` takes
  them out: what prints nothing becomes blanks, what prints a value filler, what prints whole lines a *graft*.
* ``template`` keeps all that for one text, with the YAML documents of what is left.
* ``go_expressions`` and ``jinja_expressions`` read expressions into ``terms``; ``frames`` says what a term stands for at a
  place (``answers``), with ``functions``, ``jinja_filters``, the values of ``charts`` and, through ``writing``, the texts
  of named templates.
* ``view`` looks at the documents: ``conditions`` tells under which branches a node stands, ``alternatives`` joins what
  several branches write, ``scalars`` fills actions in, ``planting`` puts parts of values and named templates where an
  action brings them in, ``inner`` gives the documents inside of scalars.
* ``reading`` does it for the files of a scan, ``texts`` for scripts and Dockerfiles, ``comments`` for allows.
"""
