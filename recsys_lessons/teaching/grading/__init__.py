"""Grade a folder of submitted notebooks: `recsys-lessons grade`.

A learner's code only answers. It runs in a confined process (`confining`, `answering`) that hands back plain values;
the verdict is computed here, in a process that never ran it (`grading`), with the same judge as in the notebook.
`reports` writes the table and the pages.
"""
