"""One module for each file format; each turns a file into pieces of text with their places.
Imported by parsers/read.py, by dotted names in its table.
Start reading: plain.py, the simplest.
"""
