"""A question must find the words of a passage, however either of them writes them."""

from __future__ import annotations

import threading
import time

import pytest

from knowledge.text.analysis import detect_language, terms


def meet(question: str, passage: str) -> bool:
    """Every word of the question stands in the passage, in one of the forms that it may have."""
    there = set(terms(passage).split())
    return all(set(terms(word).split()) & there for word in question.split())


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "How many days of leave do I have when I am ill?"),
        ("de", "Wie viele Urlaubstage habe ich, wenn ich krank bin?"),
        ("es", "¿Cuántos días de vacaciones tengo cuando estoy enfermo?"),
        ("fr", "Combien de jours de congé ai-je quand je suis malade ?"),
        ("it", "Quanti giorni di ferie ho quando sono malato?"),
        ("pt", "Quantos dias de férias tenho quando estou doente?"),
        ("nl", "Hoeveel vakantiedagen heb ik als ik ziek ben?"),
        ("sv", "Hur många semesterdagar har jag när jag är sjuk?"),
        ("pl", "Ile dni urlopu mam, kiedy jestem chory?"),
        ("ar", "كم عدد أيام الإجازة عندما أكون مريضا؟"),
        ("zh", "我生病时有多少天假期？"),
        ("ja", "病気のとき休暇は何日ありますか"),
        ("ko", "아플 때 휴가는 며칠입니까"),
        ("ru", "Сколько дней отпуска у меня есть, когда я болею?"),
        ("uk", "Скільки днів відпустки я маю, якщо це хвороба?"),
        ("el", "Πόσες ημέρες άδειας έχω όταν είμαι άρρωστος;"),
        ("he", "כמה ימי חופשה יש לי כאשר אני חולה?"),
        ("th", "ฉันมีวันหยุดกี่วันเมื่อป่วย"),
        ("hi", "बीमार होने पर मुझे कितने दिन की छुट्टी है"),
    ],
)
def test_a_question_tells_its_language(code, text):
    assert detect_language(text) == code


@pytest.mark.parametrize("text", ["", "   ", "PTO", "12345", "M-400 PII-3", "Berlin", "🙂", "\x00\udcff"])
def test_a_text_that_does_not_tell_its_language_is_not_guessed(text):
    assert detect_language(text) == ""
    assert isinstance(terms(text), str)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("travel policies", "The policy on travelling was changed."),
        ("Urlaubstage", "Anzahl der Urlaubstage und des Urlaubstages im Jahr ist geregelt"),
        ("vacación", "Las vacaciones se conceden por año y no son de otro."),
        ("congés payés", "Le congé payé est dû à tous les salariés."),
        ("политика отпусков", "О политике и отпуске для всех, кто это читает"),
        ("الإجازات", "هذه هي الإجازة التي في السنة"),
        ("رسوم", "الرسوم التي في هذه الشركة"),
    ],
)
def test_forms_of_a_word_meet(question, passage):
    assert meet(question, passage), (terms(question), terms(passage))


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("PII-3", "Data of class PII-3 stays on site."),
        ("pii-3", "PII-3"),
        ("M-400", "The M-400 is a pump."),
        ("€50,000", "Purchases above 50,000 € need two signatures."),
        ("50000", "The limit is €50,000."),
        ("50.000 Euro", "Die Grenze liegt bei 50.000 Euro"),
        ("max_tokens_to_sample", "Set max_tokens_to_sample to 300."),
        ("messageBatch", "Create a MessageBatch first"),
        ("message batch", "call MessageBatch.create"),
        ("C++", "We write C++ and C#."),
        ("1.35.2", "Weaviate 1.35.2 is needed"),
        ("support@contoso.com", "Write to support@contoso.com."),
        ("email", "Send an e-mail."),
        ("e-mail", "Send an e-mail."),
        ("IT department", "The IT department is on floor two"),
        ("2023-11-24", "Reported on 2023-11-24."),
        ("company's", "the company is small"),
        ("impôt", "le montant de l’impôt"),
        ("TRAVEL POLICY", "travel policy"),
        ("office", "the oﬃce"),
        ("ＡＢＣ１２３", "ABC123"),
        ("Munchen", "München"),
        ("Strasse", "Straße"),
        ("Lodz", "Łódź"),
    ],
)
def test_spellings_of_a_word_meet(question, passage):
    assert meet(question, passage), (terms(question), terms(passage))


def test_writing_without_spaces_is_found_by_pairs_of_characters():
    for word, sentence in [
        ("特斯拉", "尼古拉·特斯拉于1943年去世。"),
        ("東京タワー", "東京タワーの高さは333メートルです"),
        ("นโยบาย", "อ่านนโยบายการเดินทาง"),
        ("수도", "한국의 수도는 서울입니다"),
    ]:
        assert set(terms(word).split()) <= set(terms(sentence).split()), word
    assert "1943" in terms("尼古拉·特斯拉于1943年去世。").split()
    assert not set(terms("电力照明").split()) & set(terms("疯狂科学家").split())


def test_words_that_only_hold_a_sentence_together_are_left_out():
    assert terms("What is the limit of the card?").split() == ["limit", "card"]
    assert terms("Was ist die Grenze der Karte?").split() == ["grenz", "kart"]


def test_a_question_made_of_nothing_else_keeps_its_words():
    assert terms("Who is it?").split() == ["who", "is", "it"]


def test_repetition_stays_because_frequency_counts():
    assert terms("card card limit").split().count("card") == 2


def test_a_known_language_settles_only_what_the_text_leaves_open():
    assert terms("Reisekosten", "de").split() == ["reisekost"]
    assert terms("Which costs are paid?", "de") == terms("Which costs are paid?")


def test_no_term_holds_white_space_and_none_is_endless():
    text = "a\u00a0b\u2003c " + "x" * 100_000 + " ünï\u0301cödé\u200b \ud800 \x00 ..,--__ "
    found = terms(text).split(" ")
    assert all(term and not any(character.isspace() for character in term) for term in found)
    assert max(map(len, found)) <= 64


def test_hostile_text_does_not_stall_it():
    started = time.perf_counter()
    for text in ("a-" * 50_000, "." * 200_000, "1,000" * 20_000, "_" * 100_000 + "a", "的" * 50_000, "aB" * 50_000):
        terms(text)
    assert time.perf_counter() - started < 10


def test_threads_do_not_disturb_each_other():
    """A stemmer keeps the word it is working on."""
    from knowledge.text import analysis

    words = [f"running{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}ings travellers" for i in range(300)]
    expected = [terms(word, "en") for word in words]
    analysis._spaced_word_terms.cache_clear()
    wrong: list[str] = []

    def check() -> None:
        wrong.extend(word for word, right in zip(words, expected, strict=True) if terms(word, "en") != right)

    threads = [threading.Thread(target=check) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
