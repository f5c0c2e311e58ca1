"""Whether the documents answer, and with which words: evidence, ranked sentences, quotes, conflicts.
Imported by answer_models, presentation, persistence, generation, quality.
Start reading: quote_matching.py, then sentence_stream.py and draft.py.
"""
