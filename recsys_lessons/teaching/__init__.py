"""What lessons show: figures (`plotting`), live controls (`widgets`), guesses (`guesses`), code (`source`).

The top floor of the library: it may use every other module, and none of them may use it. It contains no
algorithm: what it draws is computed elsewhere. Nothing is imported here, so that a lesson pays only for what
it names::

    from recsys_lessons.teaching.plotting import plot_training
    from recsys_lessons.teaching.widgets import explore_users
    from recsys_lessons.teaching.guesses import guess, your_guess
    from recsys_lessons.teaching.source import show_source
"""
