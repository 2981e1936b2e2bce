"""The terminal view of a running session, for engineers: it reads the link, and asks for nothing.

`model` takes in what the link says, `pages` and `rows` make it text, `app` shows it, `pipe` prints it.
"""
