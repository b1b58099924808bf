"""What an editor asks about a rulebook: completions, hovers, places of names, edits.

Rules of this folder: pure functions of texts and of what checking gave; offsets are 0-based code
points of the text, as everywhere in the language. No protocol: whoever speaks one converts. Nothing
here raises for what an author has typed, however broken: a question without an answer has none.
"""
