"""What a question asks for: its parts, its kind, and whether it can be taken as it came in.
Imported by grounding and everything above it; imports answers.text.
Start reading: analysis.py.
"""
