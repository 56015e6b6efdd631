"""The text that empty pages offer to try things on, and questions to it. Written for this app."""

TEXT = """\
The town of Marlow Bay will close its only bridge to cars from 4 March until the end of June. Engineers found cracks \
in two of the seven steel beams in November, during an inspection that should have taken place three years earlier. \
The bridge was opened in 1958 and carries about 11,000 cars a day, twice as many as it was built for.

Repairs will cost 2.3 million euros, of which the region pays 1.6 million. The rest comes out of the town's road \
budget, so the new cycle path along the harbour has to wait until next year. "Nobody likes it, but nobody wants to \
read about a collapse either," said Ines Calado, who leads the works department.

Pedestrians and cyclists may still cross. For cars, the way round over the northern road takes twenty minutes, and \
the ferry will run every half hour instead of every hour, free of charge for people who live on the island. The \
hospital has moved one ambulance to the island for the time of the works.

Shops near the bridge fear for their summer. The town promised them a part of the parking fees and signs that show \
the way, but the owners want more: last Tuesday 40 of them asked the council to do the work at night. Calado said \
that this would cost another 900,000 euros and make the repairs last until October."""

TEXT_NAME = "Example: a bridge is closed"

QUESTIONS = ("Who leads the works department?", "What music was played at the opening?")
"""The text answers the first; the second it does not."""
