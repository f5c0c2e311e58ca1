"""Text to words that can be looked up: one analysis for passages and questions, and for every store.

The result is white-space separated, so a store needs no language of its own.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache, lru_cache

from knowledge.text.stopwords import CHINESE_GRAMMAR, STOP_WORDS

ANALYSIS = "words-1"
WordTerms = Callable[[str, tuple[str, ...], bool], Sequence[str]]

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fa": "persian", "fi": "finnish", "fr": "french", "hi": "hindi", "hu": "hungarian",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "tr": "turkish",
}  # fmt: skip
LATIN = tuple(code for code in STOP_WORDS if code not in {"ru", "uk", "ar", "fa", "he", "el", "hi"})
USUAL = ("en", "de", "es", "fr", "it", "pt", "nl")  # what a Latin text without a telling word may be
DETECT_CHARACTERS = 4_000
LONGEST_TERM = 64  # longer "words" are encoded data

_TOKEN = re.compile(r"\w+(?:[-_.,'’@/&:]\w+)*(?:\+\+|#(?!\w))?")
_IN_COMPOUNDS = re.compile(r"[\d_#+\-.,'@/&:]")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_LETTERED = re.compile(r"[^\W\d_]{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+(?![\d.,])")
_NO_SPACES = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]+)"
)
_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("ar", re.compile("[\u0600-\u06ff\u0750-\u077f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff\u1f00-\u1fff]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
)
_UKRAINIAN = re.compile("[іїєґІЇЄҐ]")
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u200b-\u200f\u2060\ufeff]")
_ARABIC_FORMS = str.maketrans("أإآٱىةیک", "اااايهيك")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ё": "е"})


def detect_language(text: str) -> str:
    """ISO 639-1, or "" when the text does not say."""
    likely = _likely_languages(text)
    return likely[0] if len(likely) == 1 else ""


def terms(text: str, language: str = "", *, cached: bool = True) -> str:
    """`language` decides only where the text itself leaves it open. Order and repetition are kept: BM25 counts.

    Pass `cached=False` for what a person typed: nobody shall notice by timing that its words were analysed before. It
    costs 24 µs more for a question of twelve words.
    """
    of_spaced = _spaced_word_terms if cached else spaced_word_terms
    likely = _likely_languages(text)
    if language in STEMMERS and len(likely) != 1:
        likely = (language,)
    terms_of_text = [term for word in _words(text) for term in _word_terms(word, likely, True, of_spaced)]
    if not terms_of_text:  # "Who is it?" is made of nothing else
        terms_of_text = [term for word in _words(text) for term in _word_terms(word, likely, False, of_spaced)]
    return " ".join(terms_of_text)


def located(
    text: str, language: str = "", *, among: Collection[str] | None = None, of_spaced: WordTerms | None = None
) -> Iterator[tuple[int, int, Sequence[str]]]:
    """Where each word stands, [start, end) in code points, and its terms. Writing without spaces comes in pairs.

    With `among`, of plain text only the words that begin so (in lower case), and those that are made of parts.
    `of_spaced` is `spaced_word_terms` with another cache than the process's.
    """
    likely = (language,) if language in STEMMERS else _likely_languages(text)
    for match in _TOKEN.finditer(text) if among is None else _tokens_beginning_with(text, among):
        word, start = match.group(), match.start()
        if not word.isascii() and _NO_SPACES.search(word):
            for i in range(max(1, len(word) - 1)):
                yield start + i, start + i + len(word[i : i + 2]), [fold(word[i : i + 2])]
        else:
            word = word if word.isascii() else unicodedata.normalize("NFKC", word)
            yield start, match.end(), _word_terms(word, likely, True, of_spaced or _spaced_word_terms)


def _tokens_beginning_with(text: str, beginnings: Collection[str]) -> Iterator[re.Match]:
    """Looking for a few beginnings takes a third of the time of looking at every word."""
    lower = text.lower()
    places = {match.start() for match in _IN_COMPOUNDS.finditer(text)}
    for beginning in beginnings:
        at = lower.find(beginning)
        while at >= 0:
            if not at or not lower[at - 1].isalpha() or text[at].isupper():
                places.add(at)
            at = lower.find(beginning, at + 1)
    end = 0
    for at in sorted(places):
        while end <= at and (match := _TOKEN.search(text, max(end, lower.rfind(" ", end, at)))):
            if match.start() > at:
                break
            end = match.end()
            if end > at:
                yield match


def fold(word: str) -> str:
    """One spelling for words that differ in case, width, accents or vowel marks."""
    if word.isascii():
        return word.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFD", word.casefold().translate(_LETTERS)))
    return unicodedata.normalize("NFC", bare).translate(_ARABIC_FORMS)


# Which language


def _likely_languages(text: str) -> tuple[str, ...]:
    sample = text[:DETECT_CHARACTERS]
    script = _script(sample)
    if script == "latin":
        return _voted(sample, LATIN, USUAL)
    if script == "ru":
        return ("uk",) if _UKRAINIAN.search(sample) else ("ru",)
    if script == "ar":
        return _voted(sample, ("ar", "fa"), ("ar",))
    return (script,) if script else USUAL


def _script(sample: str) -> str:
    if sample.isascii():
        return "latin"
    counts = {code: len(pattern.findall(sample)) for code, pattern in _SCRIPTS}
    latin = len(re.findall("[A-Za-z\u00c0-\u024f]", sample))
    if counts["ja"] and counts["ja"] * 8 > counts["zh"]:  # Japanese writes in both
        counts["ja"] += counts.pop("zh")
    code, most = max(counts.items(), key=lambda item: item[1])
    # A character of these says as much as a Latin word does.
    weight = 3 if code in {"zh", "ja", "ko"} else 1
    if most * weight > latin:
        return code
    return "latin" if latin else ""


def _voted(sample: str, among: tuple[str, ...], otherwise: tuple[str, ...]) -> tuple[str, ...]:
    votes: Counter[str] = Counter()
    owners_of = _owners()
    for word in _LETTERED.findall(sample.casefold()):
        if word in owners_of:  # one word in three
            owners = owners_of[word]
            for code in owners:
                if code in among:
                    votes[code] += 1 / len(owners)
    if not votes:
        return otherwise
    best = max(votes.values())
    near = tuple(code for code in among if votes[code] > 0.6 * best)
    return near if best >= 0.5 else tuple(dict.fromkeys((*near, *otherwise)))


@lru_cache(maxsize=1)
def _owners() -> dict[str, tuple[str, ...]]:
    owners: dict[str, list[str]] = {}
    for code, words in STOP_WORDS.items():
        for word in words:
            owners.setdefault(word, []).append(code)
    return {word: tuple(codes) for word, codes in owners.items()}


# Words, and the terms of a word


def _words(text: str) -> list[str]:
    text = unicodedata.normalize("NFKC", text)
    words = _TOKEN.findall(text)
    return [word.lower() for word in words] if text.isupper() else words


def _word_terms(word: str, languages: tuple[str, ...], drop_stop_words: bool, of_spaced: WordTerms) -> Sequence[str]:
    if word.isascii() or not _NO_SPACES.search(word):
        return of_spaced(word, languages, drop_stop_words)
    found: list[str] = []  # writing without spaces is not remembered: hardly any run of it comes again
    for piece in _NO_SPACES.split(word):
        if _NO_SPACES.match(piece):
            found.extend(_pairs(fold(piece)))
        elif piece.strip("-_.,'’@/&:"):
            found.extend(of_spaced(piece.strip("-_.,'’@/&:"), languages, drop_stop_words))
    return found


def spaced_word_terms(word: str, languages: tuple[str, ...], drop_stop_words: bool) -> tuple[str, ...]:
    if word.isascii() and word.isupper() and len(word) > 1 and word.isalpha():  # "IT" is a department, "it" is not
        drop_stop_words = False
    if word.isalpha() and not _CAMEL.search(word):
        return _stems(word.casefold(), languages, drop_stop_words)
    return _compound(word, languages, drop_stop_words)


_spaced_word_terms = lru_cache(maxsize=50_000)(spaced_word_terms)


def _compound(word: str, languages: tuple[str, ...], drop_stop_words: bool) -> tuple[str, ...]:
    """PII-3, 50,000, e-mail, l'impôt, max_tokens, messageBatch: the whole as it is written, and its parts."""
    if _GROUPED.fullmatch(word):
        return (re.sub("[.,]", "", word),)
    parts = [part for piece in _CAMEL.split(word) for part in _PARTS.findall(piece)]
    found: list[str] = []
    whole = fold(word)[:LONGEST_TERM]
    if any(character.isdigit() for character in word):
        found.append(whole)
    elif "'" not in word and "’" not in word and len(parts) > 1:
        found.append(re.sub(r"[\W_]", "", whole))
    elif len(parts) == 1 and not word.isalnum():  # c++
        found.append(whole)
    for part in parts:
        if part.isdigit():
            if part != whole:
                found.append(part[:LONGEST_TERM])
        elif len(part) > 1:
            found.extend(_stems(part.casefold(), languages, drop_stop_words))
    return tuple(dict.fromkeys(found))


def _pairs(run: str) -> list[str]:
    """Overlapping pairs of characters, for writing without spaces."""
    if len(run) == 1:
        return [] if run in CHINESE_GRAMMAR else [run]
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return [pair for pair in pairs if not (pair[0] in CHINESE_GRAMMAR and pair[1] in CHINESE_GRAMMAR)]


def _stems(word: str, languages: tuple[str, ...], drop_stop_words: bool) -> tuple[str, ...]:
    """`word` is in lower case. Where the language is open, the stem in each language it may be."""
    if drop_stop_words and all(word in STOP_WORDS.get(code, ()) for code in languages):
        return ()
    word = word[:LONGEST_TERM]
    script = "latin" if word.isascii() else _script(word)
    if script in {"ar", "fa"}:
        codes: tuple[str, ...] = ("fa",) if languages == ("fa",) else ("ar",)
        word = _MARKS.sub("", word)
    elif script == "latin":
        codes = tuple(code for code in languages if code in LATIN) or ("en",)
    elif script == "ru":
        codes = ("ru",)
    else:
        codes = (script,)
    return tuple(dict.fromkeys(fold(_stem(word, code)) or word for code in codes))


_stemming = threading.Lock()  # a stemmer keeps the word it works on


def _stem(word: str, code: str) -> str:
    if code not in STEMMERS or len(word) < 3:
        return word
    with _stemming:
        return _stemmer(code).stemWord(word)


@cache
def _stemmer(code: str):
    import snowballstemmer

    return snowballstemmer.stemmer(STEMMERS[code])
