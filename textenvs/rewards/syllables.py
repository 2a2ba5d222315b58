"""Syllables of an English word, from its letters.

The rules agree with the CMU Pronouncing Dictionary on 99 % of the words of running text and 92 % of its 68,000 words
that a language model of spoken English knows (hyphenation by pyphen: 94 % and 68 %).
"""

from __future__ import annotations

import re
from functools import lru_cache

VOWELS = re.compile(r"[aeiouy]+")
SILENT = re.compile(
    r"(?:[^laeiouy]|[aeiouy]l|ll)e$"  # make, role, but table
    r"|(?:[^aeiouycgsxzh]|[aeiou]l)es$"  # makes, but places
    r"|[^aeiouytd]ed$"  # liked, but wanted
    r"|[^aeiou]e(?:ly|ment|ments|ful|fully|less|ness)$"  # lonely, movement, careful
    r"|[aeo]some|[^aeiou]e(?:where|times|time|body)|every."  # handsome, somebody, everything
)
"""A written vowel that is not spoken."""
HIATUS = re.compile(
    r"ia(?!l|n|ge)|[rdnvb]ia[ln]|io(?!u|n)|[^ctgxs]iou|(?<![ctfs])(?<!fr)ien[ct]"  # diary, radio, serious, client
    r"|eo(?!us|ple|rge|n$)|ua(?=l|t)|iu"  # video, actual, stadium
    r"|[aeiou]y(?:[aiou]|er|el)|[aeou]ing|[^aeiou]ying|ier$|iest$"  # player, seeing, flying, happier
    r"|creat|poe[mt]|[^aeiou]sms?$|n't$"  # create, poem, tourism, didn't
)
"""Neighbouring vowels that are two syllables, or a syllable without a vowel."""
IRREGULAR = {
    word: count
    for count, words in enumerate(
        (
            "",
            "aren't clothes weren't",
            "awesome awful basis beyond business dr evening fired hired hundred maybe mr mrs ok people "
            "quiet safety science someone something sometimes therefore tired tv unique",
            "anyone area areas basically businesses entire everyone idea ideas influence museum nuclear realise "
            "realised realize realized quality suicide",
            "especially reality society",
        )
    )
    for word in words.split()
}


@lru_cache(maxsize=65536)
def n_syllables(word: str) -> int:
    """Syllables of a word in lower case; at least 1, also for numbers and for words of other alphabets."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    return max(1, len(VOWELS.findall(word)) - len(SILENT.findall(word)) + len(HIATUS.findall(word)))
