"""How a French ear hears a name: two spellings of one sound get one code. Own rules, fitted to names.

The code is the letters that are heard, in order: consonants by class, vowels by class but dropped inside the
word (a vowel is what clerks hear worst), nasal vowels as a vowel. Three designs were measured (docs/identity.md);
this one, `code`, found most misheard names for the size of the groups it makes.
"""

import re
from functools import lru_cache

# Applied in order to one word in capitals. Left: what is written; right: what is heard.
RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(written), heard)
    for written, heard in (
        (r"(.)\1+", r"\1"),  # doubled letters
        (r"^(?:MAC|MC|MAK)(?=[^AEIOUY])", "MAK"),
        (r"^H", ""),
        (r"SCH|SH|CH(?![RL])|TCH", "Q"),  # Q stands for the sound of CHAT
        (r"PH", "F"),
        (r"(?<=[^CS])H|(?<=[CS])H(?=[RL])", ""),
        (r"E?AUX?|EAU", "O"),
        (r"OEU|EU|OE|UE(?=IL)", "E"),
        (r"OU|OO|W(?=[^AEIOUY]|$)", "U"),
        (r"AIE?|EI|AY|EY|AE", "E"),
        (r"SC(?=[EIY])|C(?=[EIY])|[ZX]|TI(?=ON)", "S"),
        (r"QU?|CK|C|K", "K"),
        (r"GE(?=[AOU])|G(?=[EIY])|DJ", "J"),
        (r"GU(?=[EIY])", "G"),
        (r"GN", "N"),
        (r"Y", "I"),
        (r"W", "V"),
        (r"(?<=[EI])L(?=$|[EI])", "L"),
        (r"(?<=[AEIOU])[MN](?=[^AEIOUMN]|$)", "N"),  # nasal vowels
    )
)
# What is written at the end and not heard: the E, then one of these, and the plural.
SILENT_END = re.compile(r"(?:(?<=..)(?:ES?|[SXZTDP]|ENT))+$")
INNER_VOWELS = re.compile(r"(?<=.)[AEIOU]+")
DOUBLED = re.compile(r"(.)\1+")


@lru_cache(maxsize=400_000)
def code(word: str) -> str:
    """The code of a name in capitals without spaces: its first sound, then its consonants. At most 8 letters."""
    return INNER_VOWELS.sub("", sound(word))[:8]


@lru_cache(maxsize=400_000)
def sound(word: str) -> str:
    """All that is heard, vowels by class: finer than `code`."""
    heard = SILENT_END.sub("", word) if len(word) > 3 else word
    for written, spoken in RULES:
        # The sound of CHAT is kept out of the way of the letter Q.
        heard = written.sub("ç" if spoken == "Q" else spoken, heard)
    heard = DOUBLED.sub(r"\1", heard.upper().replace("Ç", "C"))
    return heard or word
