from __future__ import annotations

import pytest

from knowledge.stores.rank_fusion import dense_share, fuse, word_pairs


def best(scores: list[float]) -> int:
    return max(range(len(scores)), key=scores.__getitem__)


def test_what_both_rankings_like_comes_before_what_one_likes():
    scores = fuse([0.7, 0.7, 0.2, 0.1], [9.0, 0.0, 9.0, 0.0], dense_share=0.5)
    assert best(scores) == 0
    assert scores[3] == min(scores)


def test_one_that_stands_out_by_its_words_keeps_its_lead_over_many_near_meanings():
    dense = [0.50, *(0.40 + i % 15 / 100 for i in range(40))]
    assert best(fuse(dense, [30.0, *(i % 7 for i in range(40))], dense_share=0.5)) == 0


def test_a_ranking_that_cannot_tell_candidates_apart_has_no_say():
    lexical = [3.0, 1.0, 2.0]
    scores = fuse([0.4, 0.4, 0.4], lexical, dense_share=0.9)
    assert sorted(range(3), key=lambda i: -scores[i]) == [0, 2, 1]


@pytest.mark.parametrize(("share", "first"), [(0.0, 1), (1.0, 0)])
def test_the_share_goes_from_words_alone_to_meaning_alone(share, first):
    assert best(fuse([0.9, 0.1, 0.3], [0.0, 5.0, 2.0], dense_share=share)) == first


def test_scores_lie_between_nought_and_one_even_for_one_candidate_or_none():
    assert fuse([], [], dense_share=0.5) == []
    assert fuse([0.3], [12.0], dense_share=0.5) == [0.5]
    assert all(0 < score < 1 for score in fuse([-1.0] + [1.0] * 99, [0.0] * 99 + [500.0], dense_share=0.5))


def test_an_embedder_speaks_less_for_languages_it_was_not_trained_on():
    english = frozenset({"en"})
    shares = [dense_share(code, english) for code in ("en", "de", "ar")]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == 3
    assert dense_share("", english) == dense_share("en", english)
    assert dense_share("ar", None) == dense_share("en", english)


def test_neighbouring_words_make_pairs_but_pairs_of_characters_do_not():
    assert word_pairs("northwind standard plan") == "northwind_standard standard_plan"
    assert word_pairs("特斯 斯拉 1943") == ""
    assert word_pairs("alone") == word_pairs("") == ""
