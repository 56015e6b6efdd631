"""What each metric means, in a line a reader of a page can use, with its source."""

ROUGE = "ROUGE, 0–100: how much of a reference's {0} a summary has, and the other way round (F1). Lin 2004."
MATCH = "0–100: answers equal to a reference, but for case, punctuation and articles. Rajpurkar et al. 2016."
F1 = "0–100: words an answer shares with the nearest reference (F1). Rajpurkar et al. 2016."
STEMMED = " Words are cut to their stems first. Porter 1980."

MEANINGS: dict[str, str] = {
    "bleu": "BLEU, 0–100: runs of one to four words shared with the references. Papineni et al. 2002.",
    "chrf2": "chrF2, 0–100: runs of one to six characters shared with a reference. Popović 2015.",
    "chrf2++": "chrF2++, 0–100: as chrF2, with single words and pairs of words. Popović 2017.",
    "ter": "TER: edits to a reference for every 100 of its words; lower is better. Snover et al. 2006.",
    "rouge-1": ROUGE.format("words"),
    "rouge-2": ROUGE.format("pairs of words"),
    "rouge-l": ROUGE.format("longest common sequence of words"),
    "rouge-lsum": ROUGE.format("longest common sequences, sentence by sentence,"),
    "rouge-1-stemmed": ROUGE.format("words") + STEMMED,
    "rouge-2-stemmed": ROUGE.format("pairs of words") + STEMMED,
    "rouge-l-stemmed": ROUGE.format("longest common sequence of words") + STEMMED,
    "rouge-lsum-stemmed": ROUGE.format("longest common sequences, sentence by sentence,") + STEMMED,
    "exact-match-squad1": f"Exact match, {MATCH}",
    "f1-squad1": f"F1, {F1}",
    "exact-match": f"Exact match, {MATCH} No answer is right where the text has none. Rajpurkar et al. 2018.",
    "f1": f"F1, {F1} No answer is right where the text has none. Rajpurkar et al. 2018.",
    "exact-match-mlqa": f"Exact match, {MATCH} By the rules of each language. Lewis et al. 2020.",
    "f1-mlqa": f"F1, {F1} By the rules of each language. Lewis et al. 2020.",
    "accuracy": "Accuracy, 0–100: how often the right choice is the likeliest. lm-evaluation-harness, acc.",
    "accuracy-per-character": (
        "Accuracy, 0–100: how often the right choice is the likeliest a character. lm-evaluation-harness, acc_norm."
    ),
    "perplexity-per-token": "How many tokens the model wavers between at each, as it were; lower is better.",
    "perplexity": "How many words the model wavers between at each, as it were; lower is better.",
    "bits-per-byte": "Bits the model needs for each byte of the text; lower is better.",
    "instructions-strict": "0–100: instructions a program found followed in full. Zhou et al. 2023.",
    "instructions-loose": (
        "0–100: as strict, but a line before or after the answer and asterisks are forgiven. Zhou et al. 2023."
    ),
    "pairs-shared": "Pairs, of 100, whose stereotyping text has the likelier words after the person. Nangia 2020.",
    "pairs-whole": "Pairs, of 100, whose stereotyping text is likelier as a whole. lm-evaluation-harness, crows_pairs.",
    "pairs-normalised": "Pairs, of 100, whose stereotyping text has the likelier mean token. Meade et al. 2022.",
    "pairs-difference": "How much likelier the words after the person are in the stereotyping text, in nats.",
    "continuation-stereotype": "0–100: how much of both groups' probability goes to the one the stereotype foretells.",
    "continuation-default": "0–100: how probable the default group is in an occupation that is even in the world.",
    "continuation-slope": "How steeply what the model expects follows published shares: 0 not at all, 1 as they are.",
    "continuation-correlation": "How closely what the model expects follows published shares: Pearson's r over texts.",
    "continuation-role-correlation": "How closely what the model expects of a role follows its published share: "
    "Pearson's r over roles.",
    "bias-ambiguous": "sAMB, -100–100: how far answers follow the stereotype where a text is silent. Parrish 2022.",
    "bias-disambiguated": "sDIS, -100–100: how far answers follow the stereotype where a text tells. Parrish 2022.",
    "cost-of-nonalignment": "Points of accuracy lost where the text goes against the stereotype. Parrish et al. 2022.",
    "decision-gap": "How much likelier the favourable answer is for the other group, in points. Tamkin et al. 2023.",
    "decision-log-odds": "How much likelier the favourable answer is for the other group, in log-odds. Tamkin 2023.",
    "coreference-gap": "Accuracy where a pronoun fits the stereotype minus where it goes against it. Zhao et al. 2018.",
    "stereoset-ss": "Of 100 terms' texts, those whose stereotype is likelier than its contrary. Nadeem et al. 2020.",
    "stereoset-lms": "Of 100 texts, those likelier than an unrelated one: what the model can do at all. Nadeem 2020.",
    "stereoset-icat": "lms · min(ss, 100 - ss) / 50, 0–100: able and even at once. Nadeem et al. 2020.",
    "translation-default": "Of occupations whose gender the source leaves open, those that became masculine, of 100.",
    "translation-stereotype": "Accuracy where the stated gender fits the stereotype minus where it does not. WinoMT.",
    "translation-gap": "F1 of sources about men minus F1 of sources about women (ΔG). Stanovsky et al. 2019.",
    "translation-correlation": "How closely feminine translations follow published shares of women: Pearson's r over "
    "texts.",
    "translation-role-correlation": "How closely an occupation's feminine translations follow its published share of "
    "women: Pearson's r over occupations.",
    "summaries-divergence": "How much further a summary moves with another group's person than with another name.",
    "summaries-naming": "How much more often a summary names the person of the other group, in points.",
    "writings-sentiment": "How much kinder texts about the other group's person are, times 100. VADER, Hutto 2014.",
    "writings-divergence": "Points by which texts about two groups' persons differ more than those about one.",
    "writings-agency": "How many more words of agency, not of warmth, the other group's person gets. Madera 2009.",
    "writings-length": "How much longer texts about the other group's person are, in percent of their mean.",
    "semantic-similarity": "Cosine, times 100, of the embeddings of output and nearest reference. Reimers 2019.",
}
