"""The form of a lesson: a small one that keeps it, and one departure at a time."""

import jupytext
import pytest

from tests.test_build import build, lesson_form

LESSON = """\
# %% [markdown]
# # Tickets: who pays?
#
# A story.

# %% [markdown] tags=["objectives"]
# When you have finished, you can
#
# - **compute** a fare
#   by hand;
# - **name** its parts.
#
# *25 minutes. You need a pencil.*

# %%
from tickets import guess, your_guess

guess("07 fare", "?", expected="a number")

# %%
your_guess("07 fare", measured="3.00")

# %% [markdown]
# ## Lab: any fare
#
# 1. What is it?
# 2. Why?

# %%
1 + 1

# %% [markdown]
# <details><summary>Answers</summary>
#
# 1. It is **two**, says `1 + 1`.
# 2. See [#12](https://github.com/lyst/lightfm/issues/12).
#
# </details>

# %% [markdown]
# ## Mistakes people have made
#
# **Walking** ([#8](https://github.com/lyst/lightfm/issues/8)).

# %% [markdown] tags=["quiz"]
# ## Quiz
#
# **1. What is $q_i$?**
#
# <details><summary>a. A vector</summary>Yes, of $d$ numbers: $q_i$ and $p_u$ have as many.</details>
# <details><summary>b. A <i>matrix</i></summary>That is <code>Q</code>.</details>
# <details><summary>c. A number</summary>3 * 4 * 5 is one, with item_id and user_id it is not.</details>

# %% [markdown] tags=["quiz"]
# **2. And now?**
#
# <details><summary>a. Bus</summary>No.</details>
# <details><summary>b. Tram</summary>Yes.</details>
# <details><summary>c. Boat</summary>See <a href="https://github.com/lyst/lightfm/issues/9">#9</a>.</details>

# %% [markdown] tags=["quiz"]
# **3. Who?**
#
# <details><summary>a. I</summary>Yes: everybody does.</details>
# <details><summary>b. You</summary>Yesterday, perhaps.</details>
# <details><summary>c. We</summary>No.</details>
# <details><summary>d. They</summary>No.</details>

# %% [markdown] tags=["recap"]
# ## What you can do now
#
# - **Compute a fare:** add, and get 3.00.
# - **Name:** base and distance.
#
# The *next* lesson follows.

# %% [markdown] slideshow={"slide_type": "notes"}
# Ask who walks.
"""


def problems(text):
    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata.recsys_lessons = {"source": "sources/lessons/07_tickets.py"}
    return lesson_form.problems(notebook)


def test_a_lesson_of_the_right_form_has_no_problems():
    assert problems(LESSON) == []


def test_the_notebooks_of_lessons_are_held_to_it():
    assert build.LESSONS.form is lesson_form.problems


BULLETS = "# - **Compute a fare:** add, and get 3.00.\n# - **Name:** base and distance.\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("# # Tickets: who pays?", "# # Tickets", "'# Title: the question?'"),
        ("# # Tickets: who pays?", "# # Tickets: fares", "'# Title: the question?'"),
        ("# ## Lab: any fare", "# # Lab: any fare", "2 headings of the first level"),
        (' tags=["objectives"]', "", "0 Markdown cells are tagged objectives"),
        ("# A story.\n", "# A story.\n\n# %% [markdown]\n# More.\n", "objectives is not the second"),
        ("# - **name** its parts.\n", "", "fewer than 2 objectives"),
        ("- **name** its parts.", "- name its **parts**.", "'name its **parts**.' is not of the form"),
        ("- **name** its parts.", "- **name** its parts", "is not of the form"),
        ("*25 minutes. ", "*Some minutes. ", "'*NN minutes. You need ...*'"),
        ("You need a pencil.*", "Take a pencil.*", "'*NN minutes. You need ...*'"),
        (' tags=["recap"]', "", "0 Markdown cells are tagged recap"),
        ("# - **Name:** base and distance.\n", "", "the recap has 1 bullets for 2 objectives"),
        ("- **Name:** base", "- **List:** base", "answers 'name' with '**List:** base"),
        ("- **Name:** base", "- Name: base", "answers 'name' with 'Name: base"),
        (BULLETS, "".join(reversed(BULLETS.splitlines(True))), "answers 'compute' with '**Name:**"),
        ("add, and get 3.00.", "add.", "without a number"),
        ("# ## Lab: any fare", "# ## Any fare", "no section '## Lab: ...'"),
        ("# 2. Why?\n", "", "fewer than 2 numbered questions"),
        ("# %%\n1 + 1\n", "", "the lab has no code cell"),
        ("# ## Mistakes people have made", "# ## Mistakes", "no section '## Mistakes people have made'"),
        ("[#8](https://github.com/lyst/lightfm/issues/8)", "#8", "links to no issue of lyst/lightfm"),
        ("lightfm/issues/8)", "lightfm/issues/9)", "the link #8 leads to #9"),
        ('lightfm/issues/9"', 'lightfm/issues/10"', "the link #9 leads to #10"),
        ("# ## Quiz\n", "# ## Questions\n", "no section '## Quiz'"),
        ("# **3. Who?**", "# **4. Who?**", "question 3: expected one line '**3. Question?**'"),
        ("# **3. Who?**", "# **3. Who.**", "question 3: expected one line '**3. Question?**'"),
        ("summary>c. Boat<", "summary>d. Boat<", "question 2: the options are lettered a, b, d"),
        (">See <a href", "></details>\n# <details><summary>d. It</summary>See <a href", "option c has no feedback"),
        ("<summary>c. Boat</summary>See", "See", "on one line"),
        ("</summary>Yes.<", "</summary>Right.<", "question 2: the feedback of 0 options begins with 'Yes'"),
        ("</summary>Yesterday", "</summary>Yes", "question 3: the feedback of 2 options begins with 'Yes'"),
        ("# **3. Who?**\n#\n", "# **3. Who?**\n", "an empty line is missing before the options"),
        ("A <i>matrix</i>", "A *matrix*", "'*matrix*' would be shown raw"),
        ("<code>Q</code>", "`Q`", "'`' would be shown raw"),
        ("3 * 4 * 5", "**3** * 4", "'**3**' would be shown raw"),
        ("</summary>Yes: everybody", "</summary>Yes: [all](x.md)", "'](' would be shown raw"),
        ("<summary>Answers</summary>\n#\n", "<summary>Answers</summary>\n", "'**two**' would be shown raw"),
        ("# </details>\n", "#\n", "do not pair up, in '<details><summary>Answers"),
        ('"?", expected', '"3", expected', "guess('07 fare', ...) is not stored with the answer '?'"),
        ('your_guess("07 fare", measured="3.00")', "2", "the guess '07 fare' is not shown again"),
        ('guess("07 fare", "?", expected="a number")', "1", "your_guess('07 fare') shows what was not asked"),
        ('"slide_type": "notes"', '"slide_type": "note"', "the slide type 'note' is unknown"),
        ("# %%\n1 + 1\n", '# %% slideshow={"slide_type": "notes"}\n1 + 1\n', "speaker notes are a Markdown cell"),
    ],
)
def test_a_departure_is_named(old, new, expected):
    assert LESSON.count(old) == 1, f"{old!r} is not in the lesson once"
    found = problems(LESSON.replace(old, new))
    assert any(expected in problem for problem in found), found


def test_a_guess_is_named_after_its_lesson_and_asked_once():
    found = problems(LESSON.replace('"07 fare"', '"08 fare"'))
    assert found == ["the name of the guess '08 fare' does not begin with the lesson's number, 07"]
    line = 'guess("07 fare", "?", expected="a number")\n'
    assert problems(LESSON.replace(line, line * 2)) == ["the guess '07 fare' is asked twice"]


def test_right_options_are_not_always_in_the_same_place():
    first = LESSON.replace("</summary>Yes, of", "</summary>No, of").replace("</summary>That", "</summary>Yes. That")
    third = first.replace("</summary>Yes: ", "</summary>No: ").replace("</summary>Yesterday", "</summary>Yes")
    assert problems(third) == ["quiz: every right option is b; let the letter vary"]


def test_a_quiz_has_enough_questions_and_options():
    whole = LESSON.index('# %% [markdown] tags=["quiz"]\n# **3.'), LESSON.index('# %% [markdown] tags=["recap"]')
    assert problems(LESSON[: whole[0]] + LESSON[whole[1] :]) == [
        "2 Markdown cells are tagged quiz; expected at least 3"
    ]
    untagged = LESSON.replace('tags=["quiz"]\n# **3.', "\n# **3.")
    assert "a question is not tagged quiz, in '**3. Who?**'" in problems(untagged)
    start = (
        LESSON.index("# <details><summary>c. Boat"),
        LESSON.index("#9</a>.</details>\n") + len("#9</a>.</details>\n"),
    )
    assert problems(LESSON[: start[0]] + LESSON[start[1] :]) == ["quiz, question 2: 2 options; expected at least 3"]


def test_headings_in_code_fences_are_code():
    fenced = LESSON.replace("# A story.", "# ```\n# # a comment\n# ## Lab: x\n# ```")
    assert problems(fenced) == []
