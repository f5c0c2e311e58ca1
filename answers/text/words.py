"""Words of a text as grounding and sentence choice compare them: folded, without function words, stemmed on demand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’.,][^\W_]+)*")
_IDEOGRAPHS = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,’'\u00a0\u202f ]\d{3})*(?:[.,]\d+)?(?![\d])")

STOP = {
    "en": """a about above after again all also am an and any are as at be because been before being below between
    both but by can could did do does doing down during each few for from further had has have having he her
    here hers him his how i if in into is it its itself just me more most my no nor not of off on once only
    or other our ours out over own same shall she should so some such than that the their theirs them then
    there these they this those through to too under until up us very was we were what when where which
    while who whom whose why will with would you your yours may might must much many one's s t don doesn
    didn isn aren wasn weren please tell explain describe give list name according""",
    "de": """aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis da damit dann das dass
    dem den der des die dies diese diesem diesen dieser dieses doch dort du durch ein eine einem einen einer
    eines er es für gegen gibt hat hatte hatten haben hier ich ihm ihn ihr ihre ihrem ihren ihrer im in ins
    ist ja jede jedem jeden jeder jedes kann können mein mit muss müssen nach nicht noch nun nur ob oder
    ohne sehr sein seine seinem seinen seiner sich sie sind so soll sollen um und uns unser unter vom von
    vor wann war waren warum was welche welchem welchen welcher welches wenn wer werden wie wieder wieso
    wird wir wo wofür woher wohin wurde wurden zu zum zur über viel viele darf dürfen man""",
    "es": """a al algo como con cual cuál cuales cuáles cuando cuándo cuanta cuánta cuantas cuántas cuanto cuánto
    cuantos cuántos de del desde donde dónde durante e el él ella ellos en entre era eran es esa ese eso
    esta está están este esto estos fue fueron ha han hay la las le les lo los más me mi muy no nos o para
    pero por porque qué que quien quién quienes quiénes se ser si sí sin sobre son su sus también tan te
    tiene tienen tu un una unas uno unos y ya puede""",
    "fr": """à au aux avec ce ces cet cette combien comme comment dans de des du elle elles en est et était il ils je
    la le les leur leurs lui mais me même mon ne nous on ou où par pas plus pour pourquoi qu quand que quel
    quelle quelles quels qui quoi sa sans se ses si son sont sur ta te tu un une vous y été être avoir a ont
    peut dois""",
    "it": """a ai al alla alle che chi ci come con cosa cui da dal dalla dei del della delle di dove e è gli ha hanno
    i il in la le lo ma mi ne nel nella non o per perché più qual quale quali quando quanto quanti quante se
    si sono su sul un una uno""",
    "pt": """a ao aos as com como da das de do dos e é em entre era essa esse esta este eu foi foram há isso isto já
    mais mas na não nas no nos o os ou para pela pelo por porque qual quais quando quanto quantos quantas
    que quem se sem ser seu sua são também um uma onde""",
    "nl": """aan al als bij dat de der deze die dit doch door een en er had heb hebben heeft het hij hoe hoeveel ik
    in is je kan maar meer met mijn moet naar niet nog nu of om ook op over te tot uit van veel voor waar
    waarom wanneer was wat welk welke werd wie wij worden wordt zijn zo""",
    "ar": """في من على إلى الى عن مع هو هي هذا هذه ذلك تلك التي الذي الذين ما ماذا متى أين كيف كم لماذا هل أي أن إن
    كان كانت لم لا قد و أو ثم بعد قبل بين كل تم اين اي ان منذ حتى عند لقد ولم وقد وهو وهي""",
}
STOP_WORDS = {language: frozenset(words.split()) for language, words in STOP.items()}
_EVERY_STOP_WORD = frozenset().union(*STOP_WORDS.values())
_STEMMERS = {"en": "english", "de": "german", "es": "spanish", "fr": "french", "it": "italian", "pt": "portuguese",
             "nl": "dutch", "ar": "arabic"}  # fmt: skip

_SPELLED = {
    "en": """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty""",
    "de": """null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
    siebzehn achtzehn neunzehn zwanzig""",
    "es": """cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis
    diecisiete dieciocho diecinueve veinte""",
    "fr": """zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize xsept
    xhuit xneuf vingt""",
}
SPELLED_NUMBERS = {word: str(value) for words in _SPELLED.values() for value, word in enumerate(words.split())}
SPELLED_NUMBERS |= {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80",
                    "ninety": "90", "hundred": "100", "once": "1", "twice": "2", "dreißig": "30", "eine": "1",
                    "einen": "1"}  # fmt: skip
_AMBIGUOUS_NUMBERS = {"ein", "eine", "einen", "un", "uno", "once", "null"}  # articles, or other words too


_PREFIXING = frozenset({"ar"})  # "and", "the" and "for" are written as one word with what follows
_ARABIC_PREFIX = re.compile("^(?:[وف]?(?:بال|كال|لل|ال)|[وف](?=.{4}))")
_COMPOUNDING = frozenset({"de", "nl"})
MIN_COMPOUND_LETTERS = 5  # letters a word must share with a compound to be found in it: "Urlaub" in "Urlaubsanspruch"


class Word(NamedTuple):
    """Thousands are made for a question, which is why it is a tuple."""

    text: str  # as written
    folded: str
    start: int
    end: int


@lru_cache(maxsize=512)  # judging, choosing and grounding all read the same few sentences
def words(text: str) -> Sequence[Word]:
    """Every word with its place. Runs of ideographs come as overlapping pairs, for want of spaces."""
    matches: list[Word] = []
    for match in _WORD.finditer(text):
        token, start = match.group(), match.start()
        if token.isascii() or not _IDEOGRAPHS.search(token):
            matches.append(Word(token, fold(token), start, match.end()))
            continue
        position = 0
        for run in _IDEOGRAPHS.finditer(token):
            if run.start() > position:
                rest = token[position : run.start()]
                matches.append(Word(rest, fold(rest), start + position, start + run.start()))
            matches.extend(_pairs(run.group(), start + run.start()))
            position = run.end()
        if position < len(token):
            matches.append(Word(token[position:], fold(token[position:]), start + position, match.end()))
    return tuple(matches)


def _pairs(run: str, start: int) -> Iterable[Word]:
    for index in range(max(1, len(run) - 1)):
        pair = run[index : index + 2]
        yield Word(pair, pair, start + index, start + index + len(pair))


@lru_cache(maxsize=20_000)
def fold(word: str) -> str:
    if word.isascii():
        folded = word.lower()
    else:
        folded = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
        decomposed = unicodedata.normalize("NFD", folded)
        folded = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return folded.removesuffix("'s").strip(".,-'")


_FOLDED_STOP = {language: frozenset(fold(word) for word in words_) for language, words_ in STOP_WORDS.items()}
_EVERY_FOLDED_STOP = frozenset().union(*_FOLDED_STOP.values())


_CHINESE_PARTICLES = frozenset("的是了吗呢吧么哪什谁怎")  # a pair with one of these is grammar, or two halves of words


def is_stop_word(folded: str, language: str = "") -> bool:
    if language == "zh":
        return not _CHINESE_PARTICLES.isdisjoint(folded)
    return folded in _FOLDED_STOP.get(language, _EVERY_FOLDED_STOP)


def language_of(text: str) -> str:
    """ISO 639-1 by script and function words; English when nothing tells."""
    if _IDEOGRAPHS.search(text):
        return "ja" if re.search(r"[\u3040-\u30ff]", text) else "zh"
    if re.search(r"[\u0600-\u06ff]", text):
        return "ar"
    folded = [word.casefold() for word in _WORD.findall(text[:2000])]
    counts = {language: sum(word in stop for word in folded) for language, stop in STOP_WORDS.items()}
    best = max(counts, key=lambda language: (counts[language], language == "en"))
    return best if counts[best] else "en"


@lru_cache(maxsize=50_000)
def stem(folded: str, language: str) -> str:
    name = _STEMMERS.get(language)
    if name is None or len(folded) < 4 or not folded.isalpha():
        return folded
    if language == "ar" and len(folded) > 4:
        folded = _ARABIC_PREFIX.sub("", folded)
    return _stemmer(name).stemWord(folded)


@lru_cache
def _stemmer(name: str):
    import snowballstemmer

    return snowballstemmer.stemmer(name)


def numbers(text: str) -> frozenset[str]:
    """The numbers a text states, written one way: "21,000" and "21 000" are 21000, "two" is 2, "3.50" is 3.5."""
    matches = {_normal(match.group()) for match in _NUMBER.finditer(text)}
    for match in _WORD.finditer(text):
        word = match.group().lower()
        if word in SPELLED_NUMBERS and word not in _AMBIGUOUS_NUMBERS:
            matches.add(SPELLED_NUMBERS[word])
    return frozenset(matches)


def _normal(number: str) -> str:
    digits = re.sub(r"[’'\u00a0\u202f ]", "", number)
    whole, separator, rest = digits.rpartition((max(digits.rfind("."), digits.rfind(",")) >= 0 and
                                               digits[max(digits.rfind("."), digits.rfind(","))]) or "\0")  # fmt: skip
    if not separator:
        return digits.lstrip("0") or "0"
    whole = re.sub(r"[.,]", "", whole)
    if len(rest) == 3 and whole not in (
        "",
        "0",
    ):  # 21,000 and 21.000 both mean thousands in documents of several countries
        return (whole + rest).lstrip("0") or "0"
    rest = rest.rstrip("0")
    return f"{whole.lstrip('0') or '0'}.{rest}" if rest else whole.lstrip("0") or "0"


class Terms:
    """The content words of one text, ready to be looked for in many others.

    Only words that begin like one of ours are stemmed: stemming every word of every passage would cost more than the
    rest of choosing a sentence.
    """

    def __init__(self, text: str, language: str = "") -> None:
        self.language = language or language_of(text)
        self.surface: dict[str, str] = {}  # stem -> the word as it was written
        for word in words(text):
            if is_stop_word(word.folded, self.language) or (len(word.folded) < 2 and not word.folded.isdigit()):
                continue
            self.surface.setdefault(stem(word.folded, self.language), word.text)
        self.order = list(self.surface)
        self._prefixes = None if self.language in _PREFIXING else frozenset(key[:3] for key in self.order)
        self._heads = (
            [key for key in self.order if len(key) >= MIN_COMPOUND_LETTERS] if self.language in _COMPOUNDING else []
        )
        self._known: dict[str, str | None] = {}
        self._beginnings: re.Pattern[str] | None = None

    def __len__(self) -> int:
        return len(self.order)

    def key(self, folded: str) -> str | None:
        """Which of our terms this word is, if any."""
        if self._prefixes is not None and folded[:3] not in self._prefixes:
            return None
        if folded not in self._known:
            self._known[folded] = self._key(folded)
        return self._known[folded]

    def _key(self, folded: str) -> str | None:
        matches = stem(folded, self.language)
        if matches in self.surface:
            return matches
        if len(matches) < MIN_COMPOUND_LETTERS:
            return None
        return next((head for head in self._heads if matches.startswith(head) or head.startswith(matches)), None)

    def may_be_in(self, text: str) -> bool:
        """False only when none of our terms is in the text. Much cheaper than taking it apart."""
        if self._prefixes is None or not text.isascii():
            return True
        if self._beginnings is None:
            either = "|".join(map(re.escape, sorted(self._prefixes)))
            self._beginnings = re.compile(rf"\b(?:{either})" if either else r"(?!)", re.IGNORECASE)
        return self._beginnings.search(text) is not None

    def keys_in(self, items: Iterable[Word]) -> list[str]:
        return [key for word in items if (key := self.key(word.folded)) is not None]
